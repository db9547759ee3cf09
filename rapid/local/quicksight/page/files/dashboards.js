// The list: seen with the eyes of a group.
const group = document.querySelector("select[name=as]");
group?.addEventListener("change", () => {
  location.search = group.value ? new URLSearchParams({ as: group.value }) : "";
});
