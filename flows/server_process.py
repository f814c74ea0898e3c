"""What the process of an ephemeral server does: `python -m toolscale.flows.server_process FD PARENT MIGRATED DATABASE`.

It serves Prefect's API on the listening socket FD, with DATABASE, a copy of MIGRATED, which is made if it is not there yet. It
ends soon after the process PARENT.
"""

import asyncio
import os
import shutil
import socket
import sys
from pathlib import Path

from toolscale.processes import end_with


def main() -> None:
    """Serve until the parent is gone or says so."""
    descriptor, parent, migrated, database = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4])
    end_with(parent)
    os.environ |= {
        "PREFECT_API_DATABASE_CONNECTION_URL": f"sqlite+aiosqlite:///{database}",
        "PREFECT_API_DATABASE_MIGRATE_ON_START": "false",
        "PREFECT_API_BLOCKS_REGISTER_ON_START": "false",  # a command's own server keeps no blocks
        "PREFECT_UI_ENABLED": "false",
        "PREFECT__SERVER_EPHEMERAL": "1",
        "PREFECT__SERVER_FINAL": "1",
    }
    os.environ.pop("PREFECT_API_URL", None)
    import uvicorn

    if migrated.exists():
        shutil.copyfile(migrated, database)
    else:
        _migrate(database)
        unfinished = migrated.with_name(f"{migrated.name}.{os.getpid()}.unfinished")
        shutil.copyfile(database, unfinished)
        unfinished.rename(migrated)
    config = uvicorn.Config(
        "prefect.server.api.server:create_app", factory=True, log_level="error", lifespan="on", access_log=False
    )
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=descriptor)])


def _migrate(database: Path) -> None:
    """Make Prefect's tables in a new file, and leave all of them in that file alone, none in a write-ahead log."""
    import sqlite3

    from prefect.server.database import provide_database_interface

    async def create() -> None:
        interface = provide_database_interface()
        await interface.create_db()
        await (await interface.engine()).dispose()

    asyncio.run(create())
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


if __name__ == "__main__":
    main()
