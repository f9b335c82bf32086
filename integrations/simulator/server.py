"""The HTTP server: routes, start and clean end."""

import asyncio
from collections.abc import Callable

from aiohttp import web

from integrations.simulator import control, protocol
from integrations.simulator.faults import Faults
from integrations.simulator.options import Options
from integrations.simulator.simulator import SIMULATOR, Simulator

GOODBYE_SECONDS = 0.5
"""How long calls in flight are waited for at the end."""
BACKLOG = 1024

CONTROL_ROUTES = (
    ("GET", "/faults", control.get_faults),
    ("PUT", "/faults", control.put_faults),
    ("POST", "/faults", control.post_fault),
    ("DELETE", "/faults", control.delete_faults),
    ("PUT", "/settings", control.put_settings),
    ("GET", "/state", control.get_state),
    ("GET", "/ledger", control.get_ledger),
    ("GET", "/grants/{grant_id}", control.get_grant),
    ("POST", "/webhooks", control.post_webhooks),
    ("POST", "/settle", control.post_settle),
)


def _control_app(simulator: Simulator) -> web.Application:
    app = web.Application(middlewares=[control.local_only])
    app[SIMULATOR] = simulator
    for method, path, handler in CONTROL_ROUTES:
        app.router.add_route(method, path, handler)
    app.router.add_route("*", "/trap", control.trap)
    return app


def _app(simulator: Simulator) -> web.Application:
    app = web.Application()
    app[SIMULATOR] = simulator
    app.router.add_post("/v1/bonuses/grant", protocol.grant)
    app.router.add_post("/v1/bonuses/cancel", protocol.cancel)
    app.router.add_get("/v1/bonuses/{bonus_id}", protocol.status)
    app.add_subapp("/control", _control_app(simulator))
    return app


def _bound_url(runner: web.AppRunner) -> str:
    host, port = runner.addresses[0][:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


async def serve(
    options: Options, faults: Faults, *, until: asyncio.Event, bound: Callable[[str, Simulator], None]
) -> None:
    """Run until the event is set. `bound` is told the URL as soon as calls are taken."""
    simulator = Simulator(options, faults)
    await simulator.start()
    runner = web.AppRunner(_app(simulator), access_log=None, handle_signals=False, shutdown_timeout=GOODBYE_SECONDS)
    await runner.setup()
    try:
        site = web.TCPSite(runner, options.host, options.port, backlog=BACKLOG)
        await site.start()
        bound(_bound_url(runner), simulator)
        await until.wait()
    finally:
        await simulator.close()
        await runner.cleanup()
