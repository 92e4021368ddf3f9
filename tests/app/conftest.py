"""What every test here may ask for."""

from support.web_pages import app, client, home

__all__ = ["app", "client", "home"]
