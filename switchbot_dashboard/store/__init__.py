"""The memory: one database, SQLite by default, and the user's settings file. Nothing outside this room knows which.

`schema` and `schema_people` say what is kept, `migrate` brings a database up to it, `engine` opens it. `repository` is
the tick's port, `steady` keeps the tick going while nothing can be written, `queries` is what pages ask.
"""

from sqlalchemy.exc import SQLAlchemyError as StoreTrouble

__all__ = ["StoreTrouble"]
