"""Commands as they come in: each is heard once, and those of an older attempt are not heard again."""

from __future__ import annotations

from nbft.record.events import Command, command_from
from nbft.record.folder import RunFolder
from nbft.record.journal import Follower


class Inbox:
    """Follows a run's commands; what was asked before `since` (Unix seconds) belongs to an older attempt."""

    def __init__(self, folder: RunFolder, since: float) -> None:
        self._follower = Follower(folder.commands)
        self._since = since

    def read(self) -> list[Command]:
        """Returns the commands that came since the last call."""
        commands = [command_from(data) for data in self._follower.read()]
        return [command for command in commands if command is not None and command.time > self._since]
