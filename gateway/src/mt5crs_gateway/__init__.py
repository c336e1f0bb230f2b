"""The gateway between a MetaTrader 5 terminal and its clients.

It promises two things. A reply is what the terminal said, or it says that the terminal did not say it. An order
that the gateway has answered with `"executed":"no"` is never executed later.

Two processes do the work. The front owns the socket, the keys, the journal and the kill switch; it never calls the
terminal, so it answers while the terminal hangs. The terminal's process runs one job after the other; directly before
each `order_send` it asks the front for permission, and the front writes the order to the journal before it agrees.

| module | holds |
|---|---|
| `protocol` | frames: signature, strict parsing, times, replies |
| `keys` | the folder of keys, and the role of each |
| `journal` | the record of orders, switch actions and anchors |
| `limits`, `switch` | the gateway's own limits, and its kill switch |
| `front` | the decisions: a frame and the time in, replies and jobs out; no I/O but the journal and the switch |
| `admission`, `checks` | who is heard; the fields of orders |
| `records`, `looks` | what is known of orders; those that are looked for |
| `answers`, `replies` | what the front answers by itself; replies in each client's order |
| `terminal` | the other process: the connection to MetaTrader 5, one job after the other |
| `reads`, `orders`, `lookups` | the jobs: lists and figures; OPEN, CLOSE and CANCEL; what became of an order |
| `server` | sockets, and the terminal's process |
| `config`, `cli`, `upgrade`, `logs` | settings, commands, the way from 4.3, one line of JSON a request |
"""

__version__ = "0.2.0"
