"""`python -m agent` and the command `kaoguan`."""

from __future__ import annotations

from agent.cli.main import cli


def main() -> None:
    """Run the command line."""
    cli(prog_name="kaoguan")


if __name__ == "__main__":
    main()
