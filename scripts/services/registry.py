"""Every service there is, in the order they are started. A further one is a file beside this and a line here."""

from scripts.services.chromium import CHROMIUM
from scripts.services.postgresql import POSTGRESQL
from scripts.services.redis import REDIS

SERVERS = {server.name: server for server in (POSTGRESQL, REDIS, CHROMIUM)}
