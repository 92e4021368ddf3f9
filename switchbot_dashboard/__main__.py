"""`python -m switchbot_dashboard`."""

from .cli import main

main()
