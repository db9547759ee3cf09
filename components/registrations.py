"""When the SDK begins to wait for what the program declared."""

import asyncio


async def begin() -> None:
    """Let all registrations begin, to be handed to `pulumi.run` at the program's end.

    The SDK awaits registrations that have begun one by one. Where it sees none, as at the end of a program without a
    pause, it awaits all outputs at once, and looks at each of these hundreds again whenever one is done:
    https://github.com/pulumi/pulumi/blob/master/sdk/python/lib/pulumi/runtime/stack.py
    """
    await asyncio.sleep(0)
