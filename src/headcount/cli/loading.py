"""Commands that load when they are asked for: `headcount token issue` waits for no pages."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click


class Loading(click.Group):
    """A group that knows where its commands are, and imports the one that is called.

    Args:
        where: name of the command -> "module:attribute".
    """

    def __init__(self, *args: Any, where: Mapping[str, str] | None = None, **more: Any) -> None:
        super().__init__(*args, **more)
        self._where = dict(where or {})

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, those that are not loaded among them."""
        return sorted({*super().list_commands(ctx), *self._where})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name, if there is one."""
        if cmd_name in self._where and cmd_name not in self.commands:
            module, _, attribute = self._where[cmd_name].partition(":")
            self.add_command(getattr(import_module(module), attribute), cmd_name)
        return super().get_command(ctx, cmd_name)
