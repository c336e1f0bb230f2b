"""A terminal to test against: the functions, structures and constants of the module MetaTrader5, and its malice.

The state is in a folder that `FAKE_MT5_DIR` names, so tests and several processes share it:

- `world.json`: the account and the symbols at the beginning
- `ledger.jsonl`: everything that happened since, one event a line; the fake writes its own, tests add others'. It is the
  oracle: `send` is a request that reached the broker, `deal` an execution
- `faults.json`: what goes wrong now; see `Faults`

The functions refuse the arguments that the real module refuses (PROTOCOL5.md, section 3).
"""

import json
import os
import signal
import time
from collections import namedtuple
from decimal import Decimal
from pathlib import Path

__version__ = "5.0.6231"
__author__ = "the tests of mt5crs-gateway"


# Constants


def _number(prefix, names, first=0):
    for place, name in enumerate(names.split()):
        if name != "-":
            globals()[prefix + name] = first + place


_number("POSITION_TYPE_", "BUY SELL")
_number("POSITION_REASON_", "CLIENT MOBILE WEB EXPERT")
_number("ORDER_TYPE_", "BUY SELL BUY_LIMIT SELL_LIMIT BUY_STOP SELL_STOP BUY_STOP_LIMIT SELL_STOP_LIMIT CLOSE_BY")
_number(
    "ORDER_STATE_",
    "STARTED PLACED CANCELED PARTIAL FILLED REJECTED EXPIRED REQUEST_ADD REQUEST_MODIFY REQUEST_CANCEL",
)
_number("ORDER_FILLING_", "FOK IOC RETURN BOC")
_number("ORDER_TIME_", "GTC DAY SPECIFIED SPECIFIED_DAY")
_number("ORDER_REASON_", "CLIENT MOBILE WEB EXPERT SL TP SO")
_number(
    "DEAL_TYPE_",
    "BUY SELL BALANCE CREDIT CHARGE CORRECTION BONUS COMMISSION COMMISSION_DAILY COMMISSION_MONTHLY "
    "COMMISSION_AGENT_DAILY COMMISSION_AGENT_MONTHLY INTEREST BUY_CANCELED SELL_CANCELED",
)
_number("DEAL_", "DIVIDEND DIVIDEND_FRANKED", 15)
DEAL_TAX = 17
_number("DEAL_ENTRY_", "IN OUT INOUT OUT_BY")
_number("DEAL_REASON_", "CLIENT MOBILE WEB EXPERT SL TP SO ROLLOVER VMARGIN SPLIT")
_number("TRADE_ACTION_", "DEAL - - - PENDING SLTP MODIFY REMOVE - CLOSE_BY", 1)
_number("SYMBOL_CHART_MODE_", "BID LAST")
_number("SYMBOL_CALC_MODE_", "FOREX FUTURES CFD CFDINDEX CFDLEVERAGE FOREX_NO_LEVERAGE")
_number("SYMBOL_CALC_MODE_", "EXCH_STOCKS EXCH_FUTURES EXCH_OPTIONS - EXCH_OPTIONS_MARGIN EXCH_BONDS", 32)
_number("SYMBOL_CALC_MODE_", "EXCH_STOCKS_MOEX EXCH_BONDS_MOEX", 38)
SYMBOL_CALC_MODE_SERV_COLLATERAL = 64
_number("SYMBOL_TRADE_MODE_", "DISABLED LONGONLY SHORTONLY CLOSEONLY FULL")
_number("SYMBOL_TRADE_EXECUTION_", "REQUEST INSTANT MARKET EXCHANGE")
_number(
    "SYMBOL_SWAP_MODE_",
    "DISABLED POINTS CURRENCY_SYMBOL CURRENCY_MARGIN CURRENCY_DEPOSIT INTEREST_CURRENT INTEREST_OPEN "
    "REOPEN_CURRENT REOPEN_BID",
)
_number("DAY_OF_WEEK_", "SUNDAY MONDAY TUESDAY WEDNESDAY THURSDAY FRIDAY SATURDAY")
_number("SYMBOL_ORDERS_", "GTC DAILY DAILY_NO_STOPS")
_number("SYMBOL_OPTION_RIGHT_", "CALL PUT")
_number("SYMBOL_OPTION_MODE_", "EUROPEAN AMERICAN")
_number("ACCOUNT_TRADE_MODE_", "DEMO CONTEST REAL")
_number("ACCOUNT_STOPOUT_MODE_", "PERCENT MONEY")
_number("ACCOUNT_MARGIN_MODE_", "RETAIL_NETTING EXCHANGE RETAIL_HEDGING")
_number("BOOK_TYPE_", "SELL BUY SELL_MARKET BUY_MARKET", 1)
_number(
    "TRADE_RETCODE_",
    "REQUOTE - REJECT CANCEL PLACED DONE DONE_PARTIAL ERROR TIMEOUT INVALID INVALID_VOLUME INVALID_PRICE INVALID_STOPS "
    "TRADE_DISABLED MARKET_CLOSED NO_MONEY PRICE_CHANGED PRICE_OFF INVALID_EXPIRATION ORDER_CHANGED TOO_MANY_REQUESTS "
    "NO_CHANGES SERVER_DISABLES_AT CLIENT_DISABLES_AT LOCKED FROZEN INVALID_FILL CONNECTION ONLY_REAL LIMIT_ORDERS "
    "LIMIT_VOLUME INVALID_ORDER POSITION_CLOSED - INVALID_CLOSE_VOLUME CLOSE_ORDER_EXIST LIMIT_POSITIONS REJECT_CANCEL "
    "LONG_ONLY SHORT_ONLY CLOSE_ONLY FIFO_CLOSE",
    10004,
)
for _minutes in (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30):
    globals()[f"TIMEFRAME_M{_minutes}"] = _minutes
for _hours in (1, 2, 3, 4, 6, 8, 12):
    globals()[f"TIMEFRAME_H{_hours}"] = _hours | 0x4000
TIMEFRAME_D1, TIMEFRAME_W1, TIMEFRAME_MN1 = 24 | 0x4000, 1 | 0x8000, 1 | 0xC000
COPY_TICKS_ALL, COPY_TICKS_INFO, COPY_TICKS_TRADE = -1, 1, 2
for _bit, _name in enumerate(["BID", "ASK", "LAST", "VOLUME", "BUY", "SELL"], 1):
    globals()[f"TICK_FLAG_{_name}"] = 1 << _bit
RES_S_OK = 1
for _code, _name in enumerate(
    [
        "FAIL",
        "INVALID_PARAMS",
        "NO_MEMORY",
        "NOT_FOUND",
        "INVALID_VERSION",
        "AUTH_FAILED",
        "UNSUPPORTED",
        "AUTO_TRADING_DISABLED",
    ],
    1,
):
    globals()[f"RES_E_{_name}"] = -_code
for _code, _name in enumerate(["", "_SEND", "_RECEIVE", "_INIT", "_CONNECT", "_TIMEOUT"]):
    globals()[f"RES_E_INTERNAL_FAIL{_name}"] = -10000 - _code

# Structures


def _structure(name, fields):
    base = namedtuple(name, fields)

    class Structure(base):
        """As the module's own: named, with `_asdict`, without `_replace`."""

        __slots__ = ()

        @property
        def _replace(self):
            raise AttributeError(f"'{name}' object has no attribute '_replace'")

    Structure.__name__ = Structure.__qualname__ = name
    return Structure


AccountInfo = _structure(
    "AccountInfo",
    "login trade_mode leverage limit_orders margin_so_mode trade_allowed trade_expert margin_mode currency_digits "
    "fifo_close balance credit profit equity margin margin_free margin_level margin_so_call margin_so_so margin_initial "
    "margin_maintenance assets liabilities commission_blocked name server currency company",
)
TerminalInfo = _structure(
    "TerminalInfo",
    "community_account community_connection connected dlls_allowed trade_allowed tradeapi_disabled email_enabled "
    "ftp_enabled notifications_enabled mqid build maxbars codepage ping_last community_balance retransmission company "
    "name language path data_path commondata_path",
)
SymbolInfo = _structure(
    "SymbolInfo",
    "custom chart_mode select visible session_deals session_buy_orders session_sell_orders volume volumehigh volumelow "
    "time digits spread spread_float ticks_bookdepth trade_calc_mode trade_mode start_time expiration_time "
    "trade_stops_level trade_freeze_level trade_exemode swap_mode swap_rollover3days margin_hedged_use_leg "
    "expiration_mode filling_mode order_mode order_gtc_mode option_mode option_right bid bidhigh bidlow ask askhigh "
    "asklow last lasthigh lastlow volume_real volumehigh_real volumelow_real option_strike point trade_tick_value "
    "trade_tick_value_profit trade_tick_value_loss trade_tick_size trade_contract_size trade_accrued_interest "
    "trade_face_value trade_liquidity_rate volume_min volume_max volume_step volume_limit swap_long swap_short "
    "margin_initial margin_maintenance session_volume session_turnover session_interest session_buy_orders_volume "
    "session_sell_orders_volume session_open session_close session_aw session_price_settlement session_price_limit_min "
    "session_price_limit_max margin_hedged price_change price_volatility price_theoretical price_greeks_delta "
    "price_greeks_theta price_greeks_gamma price_greeks_vega price_greeks_rho price_greeks_omega price_sensitivity "
    "basis category currency_base currency_profit currency_margin bank description exchange formula isin name page path",
)
Tick = _structure("Tick", "time bid ask last volume time_msc flags volume_real")
TradePosition = _structure(
    "TradePosition",
    "ticket time time_msc time_update time_update_msc type magic identifier reason volume price_open sl tp price_current "
    "swap profit symbol comment external_id",
)
TradeOrder = _structure(
    "TradeOrder",
    "ticket time_setup time_setup_msc time_done time_done_msc time_expiration type type_time type_filling state magic "
    "position_id position_by_id reason volume_initial volume_current price_open sl tp price_current price_stoplimit "
    "symbol comment external_id",
)
TradeDeal = _structure(
    "TradeDeal",
    "ticket order time time_msc type entry magic position_id reason volume price commission swap profit fee symbol "
    "comment external_id",
)
TradeRequest = _structure(
    "TradeRequest",
    "action magic order symbol volume price stoplimit sl tp deviation type type_filling type_time expiration comment "
    "position position_by",
)
OrderSendResult = _structure(
    "OrderSendResult", "retcode deal order volume price bid ask comment request_id retcode_external request"
)
OrderCheckResult = _structure(
    "OrderCheckResult", "retcode balance equity profit margin margin_free margin_level comment request"
)

_EMPTY = {
    "company name server currency language path data_path commondata_path comment external_id symbol": "",
}


def _fill(structure, values):
    texts = {it for names in _EMPTY for it in names.split()} | {
        *[
            "basis",
            "category",
            "currency_base",
            "currency_profit",
            "currency_margin",
            "bank",
            "description",
            "exchange",
            "formula",
            "isin",
            "page",
        ]
    }
    return structure(*[values.get(name, "" if name in texts else 0) for name in structure._fields])


# The world


def _lots(value):
    return Decimal(repr(float(value)))


class Faults:
    """What goes wrong, read again whenever `faults.json` changes. All are optional:

    - `none`: function → [code, text]: it answers None
    - `raise`: function → text: it raises SystemError
    - `hang`: functions that do not answer while they are listed
    - `kill`: function → "before" or "after": this process is killed there; `kill_parent`: its parent first
    - `total`: function → number added to what it counts
    - `send`: `{"retcode", "execute", "none", "fill", "price", "place", "times"}` for order_send
    - `check`: `{"retcode"}` or `{"none"}` for order_check
    - `comment`: what the broker makes of comments, "cut:N" or "replace:TEXT"
    - `hide_history_after`: deals and orders with a higher ticket are not in the history yet
    - `login_in`: function → login that the terminal moves to during it
    - `now`: seconds since 1970, instead of the clock
    - `dead`: no terminal answers, and none can be started
    """

    def __init__(self, path):
        self.path = path
        self.mark = None
        self.values = {}
        self.sends = 0

    def read(self):
        try:
            status = os.stat(self.path)
        except FileNotFoundError:
            return self.values
        mark = (status.st_mtime_ns, status.st_ino)
        if mark != self.mark:
            self.values = json.loads(self.path.read_text())
            self.mark = mark
            self.sends = 0
        return self.values


class World:
    """The broker's and the terminal's state, derived from the ledger."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.faults = Faults(self.folder / "faults.json")
        self.ledger = self.folder / "ledger.jsonl"
        self.position = 0
        start = json.loads((self.folder / "world.json").read_text())
        self.account = start["account"]
        self.terminal = start["terminal"]
        self.symbols = start["symbols"]
        self.market_closed = False
        self.offset_s = start.get("offset_s", 7200)
        self.positions, self.orders, self.history, self.deals = {}, {}, {}, {}
        self.next_ticket = start.get("first_ticket", 1001)
        self.cache = {}
        self.made = {"deals": {}, "history": {}}
        for values in start.get("positions", []):
            self.apply({"event": "position", **values})
        self.error = (1, "Success")
        self.is_up = False

    def catch_up(self):
        try:
            if os.stat(self.ledger).st_size == self.position:
                return
        except FileNotFoundError:
            return
        with open(self.ledger, "rb") as file:
            file.seek(self.position)
            text = file.read()
        end = text.rfind(b"\n") + 1
        self.position += end
        for line in text[:end].splitlines():
            self.apply(json.loads(line))

    def happen(self, **event):
        """Writes an event, then applies it with all others."""
        event["at"] = self.now()
        line = json.dumps(event).encode() + b"\n"
        descriptor = os.open(self.ledger, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            os.write(descriptor, line)
        finally:
            os.close(descriptor)
        self.catch_up()

    def apply(self, event):
        kind = event["event"]
        self.cache.clear()
        if kind == "position":
            self.positions[event["ticket"]] = event
        elif kind == "closed":
            position = self.positions[event["ticket"]]
            left = _lots(position["volume"]) - _lots(event["volume"])
            if left <= 0:
                del self.positions[event["ticket"]]
            else:
                position["volume"] = float(left)
        elif kind == "retick":
            position = self.positions.pop(event["ticket"])
            self.positions[event["to"]] = {**position, "ticket": event["to"]}
        elif kind == "order":
            self.orders[event["ticket"]] = event
        elif kind == "ended":
            order = {**self.orders.pop(event["ticket"], {}), **event}
            self.history[event["ticket"]] = order
        elif kind == "deal":
            self.deals[event["ticket"]] = event
            if event["type"] != DEAL_TYPE_CREDIT:
                for name in ("profit", "commission", "swap", "fee"):
                    self.account["balance"] = round(self.account["balance"] + event.get(name, 0.0), 8)
            else:
                self.account["credit"] += event["profit"]
        elif kind in ("account", "terminal"):
            getattr(self, kind).update(event["set"])
        elif kind == "symbol":
            self.symbols[event["name"]].update(event["set"])
        elif kind == "market":
            self.market_closed = event["closed"]
        elif kind == "offset":
            self.offset_s = event["seconds"]
        self.next_ticket = max(self.next_ticket, event.get("ticket", 0) + 1, event.get("to", 0) + 1)

    def now(self):
        now = self.faults.read().get("now")
        return time.time() if now is None else now

    def broker_msc(self):
        return int((self.now() + self.offset_s) * 1000)

    def profit(self, position):
        symbol = self.symbols[position["symbol"]]
        price = symbol["bid"] if position["type"] == 0 else symbol["ask"]
        difference = (price - position["price_open"]) * (1 if position["type"] == 0 else -1)
        return difference * position["volume"] * symbol["trade_contract_size"]

    def rows(self, kind, make):
        if kind not in self.cache:
            # What is history changes no more.
            made = self.made.get(kind, {})
            for ticket, it in getattr(self, kind).items():
                if ticket not in made:
                    made[ticket] = make(it)
            self.cache[kind] = tuple(made.values())
        return self.cache[kind]


_world = None


def _w():
    global _world
    if _world is None:
        _world = World(os.environ["FAKE_MT5_DIR"])
    _world.catch_up()
    return _world


def _fails(world, function):
    """Applies the faults of a call. Returns whether it answers None."""
    faults = world.faults.read()
    while function in world.faults.read().get("hang", ()):
        time.sleep(0.002)
    faults = world.faults.read()
    if function in faults.get("raise", {}):
        raise SystemError(faults["raise"][function])
    login = faults.get("login_in", {}).get(function)
    if login is not None and world.account["login"] != login:
        world.happen(event="account", set={"login": login})
    if function in faults.get("none", {}):
        world.error = tuple(faults["none"][function])
        return True
    if faults.get("dead") or not world.is_up:
        world.is_up = False
        world.error = (RES_E_INTERNAL_FAIL_CONNECT, "No IPC connection")
        return True
    world.error = (RES_S_OK, "Success")
    return False


def _invalid(world, text):
    world.error = (RES_E_INVALID_PARAMS, text)


def _die(world, function, moment):
    faults = world.faults.read()
    if faults.get("kill", {}).get(function) == moment:
        if faults.get("kill_parent"):
            os.kill(os.getppid(), signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGKILL)


# Functions


def initialize(*args, **kwargs):
    world = _w()
    faults = world.faults.read()
    world.happen(event="initialize", path=args[0] if args else None, login=kwargs.get("login"))
    if faults.get("dead"):
        world.error = (RES_E_INTERNAL_FAIL_TIMEOUT, "IPC timeout")
        return False
    if "login" in kwargs:
        if kwargs.get("password") != world.account.get("password", "secret"):
            world.error = (RES_E_AUTH_FAILED, "Terminal: Authorization failed")
            return False
        world.happen(event="account", set={"login": kwargs["login"], "server": kwargs["server"]})
    world.is_up = True
    world.error = (RES_S_OK, "Success")
    return True


def login(login, password=None, server=None, timeout=None):
    world = _w()
    if _fails(world, "login"):
        return False
    world.happen(event="account", set={"login": login, "server": server})
    return True


def shutdown():
    _w().is_up = False


def last_error():
    return _w().error


def version():
    return None if _fails(_w(), "version") else (500, 5000, "1 Jan 2026")


def terminal_info():
    world = _w()
    return None if _fails(world, "terminal_info") else _fill(TerminalInfo, world.terminal)


def account_info():
    world = _w()
    if _fails(world, "account_info"):
        return None
    account = dict(world.account)
    account["profit"] = sum(world.profit(it) + it.get("swap", 0.0) for it in world.positions.values())
    account["equity"] = account["balance"] + account["credit"] + account["profit"]
    account["margin"] = sum(it["volume"] * 1000 for it in world.positions.values()) / account["leverage"] * 100
    account["margin_free"] = account["equity"] - account["margin"]
    account["margin_level"] = account["equity"] / account["margin"] * 100 if account["margin"] else 0.0
    return _fill(AccountInfo, account)


def _position(world):
    def make(it):
        symbol = world.symbols[it["symbol"]]
        values = {
            "time": it["time_msc"] // 1000,
            "time_update": it["time_msc"] // 1000,
            "time_update_msc": it["time_msc"],
            "identifier": it["ticket"],
            "reason": POSITION_REASON_EXPERT,
            "price_current": symbol["bid"] if it["type"] == 0 else symbol["ask"],
            "profit": world.profit(it),
            "swap": 0.0,
            "sl": 0.0,
            "tp": 0.0,
            "magic": 0,
            **it,
        }
        return _fill(TradePosition, values)

    return make


def _filtered(world, rows, args, kwargs):
    if args:
        return _invalid(world, "Unnamed arguments not allowed")
    if "ticket" in kwargs:
        rows = [it for it in rows if it.ticket == kwargs["ticket"]]
    elif "symbol" in kwargs:
        rows = [it for it in rows if it.symbol == kwargs["symbol"]]
    return tuple(rows)


def positions_total():
    world = _w()
    if _fails(world, "positions_total"):
        return None
    return len(world.positions) + world.faults.read().get("total", {}).get("positions_total", 0)


def positions_get(*args, **kwargs):
    world = _w()
    if _fails(world, "positions_get"):
        return None
    return _filtered(world, world.rows("positions", _position(world)), args, kwargs)


def _order(it):
    values = {
        "time_setup": it.get("time_setup_msc", 0) // 1000,
        "time_done": it.get("time_done_msc", 0) // 1000,
        "volume_current": it.get("volume_initial", 0.0),
        "reason": ORDER_REASON_EXPERT,
        **it,
    }
    return _fill(TradeOrder, values)


def orders_total():
    world = _w()
    if _fails(world, "orders_total"):
        return None
    return len(world.orders) + world.faults.read().get("total", {}).get("orders_total", 0)


def orders_get(*args, **kwargs):
    world = _w()
    if _fails(world, "orders_get"):
        return None
    return _filtered(world, world.rows("orders", _order), args, kwargs)


def _history(world, function, rows, time_of, args, kwargs):
    """Rows by dates or by position; `ticket` is not served, as by some terminals."""
    newest = world.faults.read().get("hide_history_after")
    if newest is not None:
        rows = [it for it in rows if it.ticket <= newest]
    if len(args) >= 2:
        first, last = (it.timestamp() if hasattr(it, "timestamp") else it for it in args[:2])
        if first <= 0:
            return _invalid(world, "Invalid arguments")
        return tuple(it for it in rows if first <= time_of(it) <= last)
    if args:
        return _invalid(world, "Invalid number of arguments")
    if "position" in kwargs:
        return tuple(it for it in rows if it.position_id == kwargs["position"])
    if "ticket" in kwargs and function == "orders":
        return tuple(it for it in rows if it.ticket == kwargs["ticket"])
    return _invalid(world, "Invalid arguments")


def _deal(it):
    values = {"time": it["time_msc"] // 1000, "fee": 0.0, "commission": 0.0, "swap": 0.0, "profit": 0.0, **it}
    return _fill(TradeDeal, values)


def history_deals_get(*args, **kwargs):
    world = _w()
    if _fails(world, "history_deals_get"):
        return None
    return _history(world, "deals", world.rows("deals", _deal), lambda it: it.time_msc / 1000, args, kwargs)


def history_deals_total(*args):
    world = _w()
    if _fails(world, "history_deals_total"):
        return None
    rows = _history(world, "deals", world.rows("deals", _deal), lambda it: it.time_msc / 1000, args, {})
    if rows is None:
        return None
    return len(rows) + world.faults.read().get("total", {}).get("history_deals_total", 0)


def history_orders_get(*args, **kwargs):
    world = _w()
    if _fails(world, "history_orders_get"):
        return None
    return _history(world, "orders", world.rows("history", _order), lambda it: it.time_done_msc / 1000, args, kwargs)


def history_orders_total(*args):
    rows = history_orders_get(*args)
    return None if rows is None else len(rows)


def symbols_total():
    return len(_w().symbols)


def symbols_get(group="*"):
    world = _w()
    if _fails(world, "symbols_get"):
        return None
    return tuple(_symbol(world, name) for name in world.symbols)


def _symbol(world, name):
    return _fill(SymbolInfo, {"name": name, "select": True, **world.symbols[name]})


def symbol_info(name):
    world = _w()
    if _fails(world, "symbol_info"):
        return None
    if name not in world.symbols:
        world.error = (RES_E_NOT_FOUND, "Terminal: Not found")
        return None
    key = ("symbol", name)
    if key not in world.cache:
        world.cache[key] = _symbol(world, name)
    return world.cache[key]


def symbol_info_tick(name):
    world = _w()
    if _fails(world, "symbol_info_tick"):
        return None
    symbol = world.symbols.get(name)
    if symbol is None or symbol.get("no_tick"):
        world.error = (RES_E_NOT_FOUND, "Terminal: Not found")
        return None
    msc = symbol.get("tick_msc") or world.broker_msc()
    return _fill(Tick, {"time": msc // 1000, "time_msc": msc, "bid": symbol["bid"], "ask": symbol["ask"]})


def symbol_select(name, enable=True):
    return name in _w().symbols


_FLOATS = ["volume", "price", "stoplimit", "sl", "tp"]
_INTS = [
    "action",
    "magic",
    "order",
    "deviation",
    "type",
    "type_filling",
    "type_time",
    "expiration",
    "position",
    "position_by",
]


def _arguments_fail(world, request):
    """Whether the module itself refuses the request; nothing reaches the terminal then."""
    if not isinstance(request, dict):
        return _invalid(world, "Unnamed arguments not allowed") is None
    for name in _FLOATS:
        if name in request and type(request[name]) is not float:
            return _invalid(world, f'Invalid "{name}" argument') is None
    for name in _INTS:
        if name in request and type(request[name]) is not int:
            return _invalid(world, f'Invalid "{name}" argument') is None
    for name in ("symbol", "comment"):
        text = request.get(name, "")
        if not isinstance(text, str) or len(text.encode("utf-16-le")) // 2 >= 30:
            return _invalid(world, f'Invalid "{name}" argument') is None
    if request.get("magic", 0) < 0:
        raise SystemError("<built-in function order_send> returned a result with an exception set")
    return False


def _retcode(world, request):
    """The broker's and the terminal's own refusals; 0 for none."""
    if not world.terminal["connected"]:
        return TRADE_RETCODE_CONNECTION
    if not world.terminal["trade_allowed"]:
        return TRADE_RETCODE_CLIENT_DISABLES_AT
    if not world.account["trade_allowed"]:
        return TRADE_RETCODE_TRADE_DISABLED
    if not world.account["trade_expert"]:
        return TRADE_RETCODE_SERVER_DISABLES_AT
    if request["action"] == TRADE_ACTION_REMOVE:
        return 0 if request["order"] in world.orders else TRADE_RETCODE_INVALID_ORDER
    symbol = world.symbols.get(request["symbol"])
    if symbol is None:
        return TRADE_RETCODE_INVALID
    closes = "position" in request
    if closes and request["position"] not in world.positions:
        return TRADE_RETCODE_POSITION_CLOSED
    mode = symbol["trade_mode"]
    if mode == SYMBOL_TRADE_MODE_DISABLED:
        return TRADE_RETCODE_TRADE_DISABLED
    if mode == SYMBOL_TRADE_MODE_CLOSEONLY and not closes:
        return TRADE_RETCODE_CLOSE_ONLY
    if world.market_closed:
        return TRADE_RETCODE_MARKET_CLOSED
    filling = request.get("type_filling", 0)
    allowed = {ORDER_FILLING_FOK: symbol["filling_mode"] & 1, ORDER_FILLING_IOC: symbol["filling_mode"] & 2}
    allowed[ORDER_FILLING_RETURN] = symbol["trade_exemode"] != SYMBOL_TRADE_EXECUTION_MARKET
    if not allowed.get(filling):
        return TRADE_RETCODE_INVALID_FILL
    volume = _lots(request["volume"])
    if volume < _lots(symbol["volume_min"]) or volume > _lots(symbol["volume_max"]):
        return TRADE_RETCODE_INVALID_VOLUME
    if volume % _lots(symbol["volume_step"]):
        return TRADE_RETCODE_INVALID_VOLUME
    if closes and volume > _lots(world.positions[request["position"]]["volume"]):
        return TRADE_RETCODE_INVALID_CLOSE_VOLUME
    if not closes and volume * 1000 > Decimal(world.account["balance"]):
        return TRADE_RETCODE_NO_MONEY
    return 0


def order_check(request):
    world = _w()
    if _fails(world, "order_check") or _arguments_fail(world, request):
        return None
    script = world.faults.read().get("check", {})
    code = script.get("retcode", _retcode(world, request))
    values = {"retcode": code, "balance": world.account["balance"], "comment": "" if code else "Done"}
    return _fill(OrderCheckResult, {**values, "request": _fill(TradeRequest, request)})


def _result(world, request, code, **values):
    symbol = world.symbols.get(request.get("symbol"), {})
    values = {"bid": symbol.get("bid", 0.0), "ask": symbol.get("ask", 0.0), "volume": 0.0, "price": 0.0, **values}
    values["comment"] = values.get("comment", "Request executed" if code == TRADE_RETCODE_DONE else "Refused")
    world.happen(event="result", retcode=code, order=values.get("order", 0))
    return _fill(OrderSendResult, {"retcode": code, **values, "request": _fill(TradeRequest, request)})


def _comment(world, text):
    rule = world.faults.read().get("comment", "")
    if rule.startswith("cut:"):
        return text[: int(rule[4:])]
    return rule[8:] if rule.startswith("replace:") else text


def order_send(request):
    world = _w()
    _die(world, "order_send", "before")
    if _fails(world, "order_send") or _arguments_fail(world, request):
        return None
    if world.terminal["tradeapi_disabled"]:
        world.error = (RES_E_AUTO_TRADING_DISABLED, "Auto-Trading using Python API disabled in Terminal")
        return None
    world.happen(event="send", request=request, pid=os.getpid())
    script = world.faults.read().get("send", {})
    if "times" in script and world.faults.sends >= script["times"]:
        script = {}
    world.faults.sends += 1
    refused = _retcode(world, request)
    if refused:
        return _result(world, request, refused)
    if "retcode" in script and not script.get("execute") and not script.get("place"):
        return _result(world, request, script["retcode"])
    if "none" in script and not script.get("execute"):
        world.error = tuple(script["none"])
        return None
    order, deal, volume, price = execute(world, request, script)
    _die(world, "order_send", "after")
    while "order_send_after" in world.faults.read().get("hang", ()):
        time.sleep(0.002)
    if "none" in script:
        world.error = tuple(script["none"])
        return None
    whole = request["action"] == TRADE_ACTION_REMOVE or volume == request["volume"]
    code = script.get("retcode", TRADE_RETCODE_DONE if whole else TRADE_RETCODE_DONE_PARTIAL)
    if code not in (TRADE_RETCODE_DONE, TRADE_RETCODE_DONE_PARTIAL, TRADE_RETCODE_PLACED):
        order = deal = 0
        volume = price = 0.0
    return _result(world, request, code, order=order, deal=deal, volume=volume, price=script.get("price", price))


def execute(world, request, script):
    """Does what the broker does. Returns order, deal, volume and price."""
    now = world.broker_msc()
    if request["action"] == TRADE_ACTION_REMOVE:
        ticket = request["order"]
        order = world.orders[ticket]
        if script.get("fills_meanwhile"):
            fill_pending(world, ticket)
            return ticket, 0, 0.0, 0.0
        values = {"state": ORDER_STATE_CANCELED, "volume_current": order["volume_initial"], "time_done_msc": now}
        world.happen(event="ended", ticket=ticket, **values)
        return ticket, 0, 0.0, 0.0
    symbol = world.symbols[request["symbol"]]
    price = symbol["ask"] if request["type"] == ORDER_TYPE_BUY else symbol["bid"]
    volume = float(_lots(request["volume"]) * _lots(script.get("fill", 1.0)))
    ticket = world.next_ticket
    order = {
        "ticket": ticket,
        "type": request["type"],
        "symbol": request["symbol"],
        "magic": request.get("magic", 0),
        "comment": _comment(world, request.get("comment", "")),
        "volume_initial": request["volume"],
        "volume_current": float(_lots(request["volume"]) - _lots(volume)),
        "time_setup_msc": now,
        "time_done_msc": now,
        "price_open": price,
        "sl": request.get("sl", 0.0),
        "tp": request.get("tp", 0.0),
    }
    if script.get("place"):
        world.happen(event="order", **{**order, "state": ORDER_STATE_PLACED, "volume_current": request["volume"]})
        return ticket, 0, 0.0, 0.0
    position = request.get("position", ticket)
    netted = None
    if "position" not in request and world.account["margin_mode"] != ACCOUNT_MARGIN_MODE_RETAIL_HEDGING:
        netted = next((it for it in world.positions.values() if it["symbol"] == request["symbol"]), None)
        if netted is not None:
            position = netted["ticket"]
    state = ORDER_STATE_FILLED if volume == request["volume"] else ORDER_STATE_CANCELED
    world.happen(event="ended", **{**order, "state": state, "position_id": position})
    deal = book(world, order, position, volume, price, now, "position" in request)
    return ticket, deal, volume, price


def book(world, order, position, volume, price, now, closes):
    """Writes a deal and what it does to positions. Returns the deal's ticket."""
    deal = world.next_ticket
    held = world.positions.get(position)
    profit, entry = 0.0, DEAL_ENTRY_IN
    if closes:
        profit = round(world.profit(held) * volume / held["volume"], 2)
        entry = DEAL_ENTRY_OUT
    names = ("type", "symbol", "magic", "comment")
    world.happen(
        event="deal",
        ticket=deal,
        order=order["ticket"],
        position_id=position,
        time_msc=now,
        entry=entry,
        reason=order.get("reason", DEAL_REASON_EXPERT),
        volume=volume,
        price=price,
        profit=profit,
        commission=world.symbols[order["symbol"]].get("commission", 0.0),
        **{name: order[name] for name in names},
    )
    if closes:
        world.happen(event="closed", ticket=position, volume=volume)
        return deal
    if held is not None:
        total = _lots(held["volume"]) + _lots(volume)
        average = (held["price_open"] * held["volume"] + price * volume) / float(total)
        world.happen(**{**held, "event": "position", "volume": float(total), "price_open": average})
        return deal
    world.happen(
        event="position",
        ticket=position,
        time_msc=now,
        volume=volume,
        price_open=price,
        sl=order["sl"],
        tp=order["tp"],
        **{name: order[name] for name in names},
    )
    return deal


def fill_pending(world, ticket):
    """A pending order fills, as the market decides."""
    order = world.orders[ticket]
    now = world.broker_msc()
    done = {**order, "type": order["type"] % 2, "volume_current": 0.0}
    values = {"state": ORDER_STATE_FILLED, "volume_current": 0.0, "time_done_msc": now, "position_id": ticket}
    world.happen(event="ended", ticket=ticket, **values)
    book(world, done, ticket, order["volume_initial"], order["price_open"], now, False)


def order_calc_margin(action, symbol, volume, price):
    return float(volume) * 1000 / _w().account["leverage"] * 100


def order_calc_profit(action, symbol, volume, price_open, price_close):
    contract = _w().symbols[symbol]["trade_contract_size"]
    return (price_close - price_open) * volume * contract * (1 if action == 0 else -1)


def _not_served(*args, **kwargs):
    world = _w()
    world.error = (RES_E_UNSUPPORTED, "Terminal: Unsupported function")


copy_ticks_from = copy_ticks_range = copy_rates_from = copy_rates_from_pos = copy_rates_range = _not_served
market_book_add = market_book_release = market_book_get = _not_served
Buy = Sell = Close = _not_served
BookInfo = _structure("BookInfo", "type price volume volume_dbl")
