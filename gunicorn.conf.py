"""One worker with threads: it serves the pages and runs the scheduler. More workers are safe; one of them drives."""

import logging
import os
import sys

from switchbot_dashboard.config import ConfigError, read_config, start_refusal

try:
    _config = read_config(os.environ)
except ConfigError as error:
    print("\n".join(error.faults), file=sys.stderr)
    raise SystemExit(2) from None

bind = f"[{_config.host}]:{_config.port}" if ":" in _config.host else f"{_config.host}:{_config.port}"
workers = _config.web_concurrency
worker_class = "gthread"
threads = _config.web_threads
timeout = 60
graceful_timeout = 2  # after this the master kills; a worker gives its visitors half of it and ends by itself
keepalive = 5
accesslog = None  # paths may hold a secret (the webhook), and the lines say nothing the records do not
errorlog = "-"
loglevel = "warning" if _config.log_level == "info" else _config.log_level
control_socket_disable = True
proc_name = "switchbot-dashboard"

# Under preload the master builds the application before it forks; a heart must not beat there.
os.environ["HEART_STARTS_IN_WORKER"] = "1"


def on_starting(server):
    """Refuse the start here, with status 2: a worker that refuses would be started again and again."""
    if start_refusal(_config, has_password_or_token=False) is None:
        return
    from switchbot_dashboard.app import Dashboard, refused

    dashboard = Dashboard(_config)  # only its database knows whether some user has a password
    refusal = refused(dashboard)
    dashboard.engine.dispose()
    if refusal is not None:
        print(refusal, file=sys.stderr)
        raise SystemExit(2)


def _dashboard(worker):
    return worker.app.callable.extensions["switchbot_dashboard"]


def post_worker_init(worker):
    """Start the heart, and let SIGTERM end what hangs before the worker waits for it: its intent is on record."""
    import signal

    worker.cfg.set("graceful_timeout", graceful_timeout // 2)  # this process's copy; a tab's open connection uses it up
    dashboard = _dashboard(worker)
    dashboard.start()
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)}

    def end(number, frame):
        dashboard.source.stop()
        handlers[number](number, frame)

    for number in handlers:
        signal.signal(number, end)


def worker_exit(server, worker):
    """End the heart with its worker: the lock is freed for the next one."""
    if getattr(worker.app, "callable", None) is not None:
        _dashboard(worker).stop()
    if worker.pid == os.getpid() and not worker.alive:  # the master calls this, too, for a worker that is gone
        logging.shutdown()
        os._exit(0)  # Python would wait for each thread that listens to a silent visitor, until the master kills
