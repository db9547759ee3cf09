// Light or dark: as the system has it, until somebody says otherwise. Runs before anything is painted.
(() => {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  let chosen = null;
  try {
    chosen = localStorage.getItem("look");
  } catch {
    // A browser may keep nothing.
  }
  const isDark = () => (chosen ? chosen === "dark" : system.matches);

  function show() {
    root.dataset.look = isDark() ? "dark" : "light";
    const button = document.getElementById("look");
    if (button) button.textContent = isDark() ? button.dataset.light : button.dataset.dark;
  }

  show();
  system.addEventListener("change", show);
  document.addEventListener("DOMContentLoaded", () => {
    show();
    document.getElementById("look")?.addEventListener("click", () => {
      chosen = isDark() ? "light" : "dark";
      try {
        localStorage.setItem("look", chosen);
      } catch {
        // Then it holds for this page alone.
      }
      show();
    });
  });
})();
