"""What watches containers asks in plain HTTP, whatever the mesh speaks."""

import httpx

from services.kit.http.paths import ALIVE, HEALTH
from services.kit.process.main import make_health_server
from tests.services.kit.harness import Kit
from tests.services.kit.rpc.test_mesh_tls import certified, settings_of
from tests.support import free_port


def test_a_process_tells_whether_it_serves_until_it_leaves(kit: Kit) -> None:
    own = settings_of(certified(kit.folder, "user"))
    runtime = kit.runtime(None, name="user", **own)
    runtime.supervisor.start()
    address = f"127.0.0.1:{free_port()}"
    server = make_health_server(runtime)
    server.start(address)
    try:
        found = []
        for change in (lambda: None, lambda: server.set_serving(True), server.leave):
            change()
            found.append(httpx.get(f"http://{address}{HEALTH}").status_code)
            assert httpx.get(f"http://{address}{ALIVE}").status_code == 200
        assert found == [503, 200, 503]
        assert httpx.get(f"http://{address}/mailbox").status_code == 404
    finally:
        server.stop().result()
        runtime.supervisor.stop(1)
        runtime.close()
