"""Every service there is, in the order they are listed. A further one is a file beside this and a line here."""

from scripts.services.chromium import CHROMIUM
from scripts.services.kafka import KAFKA
from scripts.services.postgresql import POSTGRESQL
from scripts.services.rabbitmq import RABBITMQ
from scripts.services.redis import REDIS

SERVERS = {server.name: server for server in (POSTGRESQL, REDIS, RABBITMQ, KAFKA, CHROMIUM)}
