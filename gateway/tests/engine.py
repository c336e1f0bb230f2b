"""An engine that ignores every file: it sends OPENs over protocol 4.3 until it is killed. Its argument is the port."""

import json
import sys
import uuid
from datetime import datetime, timezone

import zmq

socket = zmq.Context().socket(zmq.REQ)
socket.connect(f"tcp://127.0.0.1:{sys.argv[1]}")
while True:
    now = datetime.now(timezone.utc)
    order = {
        "uuid": str(uuid.uuid4()),
        "action": "OPEN",
        "timestamp": now.isoformat(),
        "symbol": "EURUSD",
        "type": "BUY",
        "volume": 0.01,
        "price": 0.0,
        "sl": 0.0,
        "tp": 0.0,
        "comment": "engine",
        "magic": 202401,
        "risk_signature": f"RISK_PASS:176c04a4:{now.strftime('%Y%m%dT%H%M%S.%fZ')}",
    }
    socket.send_string(json.dumps(order))
    socket.recv_string()
