"""Runs a Pulumi program as Pulumi's language host for Python does, for `bench.start`.

python -m bench.start_program ENGINE STACK CONFIG_JSON [PROGRAM_TEXT]
"""

import sys


def main() -> None:
    """Run it."""
    address, stack, config, text = sys.argv[1:5]
    if text == "pass":
        return
    import asyncio
    import json
    import runpy
    from concurrent.futures import ThreadPoolExecutor
    from pathlib import Path

    import pulumi

    settings = pulumi.runtime.Settings(
        project="rapid-analytics",
        stack=stack,
        root_directory=str(Path.cwd()),
        organization="organization",
        monitor=address,
        engine=address,
        dry_run=False,
    )
    pulumi.runtime.configure(settings)
    pulumi.runtime.config.set_all_config(json.loads(config), [])
    sys.path.insert(0, str(Path.cwd()))

    def program() -> None:
        if text:
            exec(text, {})
        else:
            runpy.run_path("__main__.py", run_name="__main__")

    async def run() -> None:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(16))
        await pulumi.runtime.run_in_stack(program)

    asyncio.run(run())


if __name__ == "__main__":
    main()
