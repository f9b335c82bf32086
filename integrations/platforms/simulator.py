"""The `simulator` kind: our own `simulate_platform`, which speaks the `http` kind's protocol without TLS at home."""

import ipaddress

from integrations.platforms.http import HttpPlatform


class SimulatorPlatform(HttpPlatform):
    @staticmethod
    def may_call_plainly(host: str) -> bool:
        if host == "localhost":
            return True
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return False
