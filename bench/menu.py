"""How long after its upload do guests see a menu?

On the local cloud, as `rapid local up` deploys it: from the moment at which the upload is answered to the first answer
of CloudFront with the new menu, asked every 5 ms. A menu has 20 items in two languages, the largest one 500.

    python -m bench.menu [rounds]
"""

import statistics
import sys
import time

from rapid.cli.menus.store import Store
from rapid.cli.target import LocalStack

from . import servers, table

ROUNDS = 10
GOAL_SECONDS = 5.0
ITEMS, MOST_ITEMS = 20, 500
_POLL_SECONDS = 0.005


def menu(items: int, price: int) -> bytes:
    """A menu in two languages."""
    lines = (
        f"Section {n // 20},,item_{n},Dish number {n},Gericht Nummer {n},With {n} ingredients,Mit {n} Zutaten,{price}"
        for n in range(items)
    )
    return "\n".join(("section,section_de,id,name,name_de,description,description_de,price", *lines)).encode()


def seconds(store: Store, content: bytes) -> float:
    """From an upload to what guests see."""
    version = store.upload(content, "csv")
    start = time.monotonic()
    while store.shown_version() != version:
        time.sleep(_POLL_SECONDS)
    return time.monotonic() - start


def cool(stack: LocalStack) -> None:
    """End the function's warm environment: the deployment has invoked it."""
    functions = stack.client("lambda")
    listed = functions.list_functions()["Functions"]
    [name] = [each["FunctionName"] for each in listed if "menus-publisher" in each["FunctionName"]]
    seconds = functions.get_function_configuration(FunctionName=name)["Timeout"]
    functions.update_function_configuration(FunctionName=name, Timeout=seconds - 1)


def run(rounds: int) -> dict[str, list[float]]:
    """All figures, by name."""
    with servers.deployed_stack() as server:
        stack = LocalStack(server.url)
        store = Store(stack, "bench")
        cool(stack)
        found = {f"{ITEMS} items, a cold start": [seconds(store, menu(ITEMS, 1))]}
        for items in (ITEMS, MOST_ITEMS):
            found[f"{items} items"] = [seconds(store, menu(items, price)) for price in range(2, rounds + 2)]
    return found


def main(arguments: list[str]) -> int:
    """Print the table; 1 if a menu took longer than the goal."""
    rounds = int(arguments[0]) if arguments else ROUNDS
    found = run(rounds)
    print(table.circumstances("local cloud alone", rounds))
    print("\n| menu | median, s | longest, s | goal, s |\n|---|---:|---:|---:|")
    for name, values in found.items():
        print(f"| {name} | {statistics.median(values):.2f} | {max(values):.2f} | {GOAL_SECONDS:g} |")
    return 1 if max(max(values) for values in found.values()) > GOAL_SECONDS else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
