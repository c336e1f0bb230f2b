"""The fake terminal has the real module's names and values. The real one is downloaded by `gateway/check`, never kept."""

import ast
import os
import re
import zipfile

import pytest

WHEEL = os.environ.get("METATRADER5_WHEEL")
#: What the fake serves of the real module's functions by saying that it does not.
FUNCTIONS = [
    "initialize",
    "login",
    "shutdown",
    "version",
    "terminal_info",
    "account_info",
    "copy_ticks_from",
    "copy_ticks_range",
    "copy_rates_from",
    "copy_rates_from_pos",
    "copy_rates_range",
    "positions_total",
    "positions_get",
    "orders_total",
    "orders_get",
    "history_orders_total",
    "history_orders_get",
    "history_deals_total",
    "history_deals_get",
    "order_check",
    "order_send",
    "order_calc_margin",
    "order_calc_profit",
    "symbol_info",
    "symbol_info_tick",
    "symbol_select",
    "symbols_total",
    "symbols_get",
    "market_book_add",
    "market_book_release",
    "market_book_get",
    "last_error",
]


@pytest.fixture
def wheel():
    if not WHEEL:
        pytest.skip("METATRADER5_WHEEL names no wheel")
    with zipfile.ZipFile(WHEEL) as archive:
        python = archive.read("MetaTrader5/__init__.py").decode()
        binary = next(archive.read(it) for it in archive.namelist() if it.endswith(".pyd"))
    return python, binary


def constants(text):
    """Names in capitals and their values, where an expression of numbers gives them."""
    found = {}
    for statement in ast.parse(text).body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            name = statement.targets[0].id
            if name.isupper():
                found[name] = eval(compile(ast.Expression(statement.value), name, "eval"), {"__builtins__": {}})
    return found


def test_constants(terminal, wheel):
    module = terminal.module()
    ours = {name: getattr(module, name) for name in dir(module) if name.isupper() and not name.startswith("_")}
    assert ours == constants(wheel[0])


def test_functions(terminal, wheel):
    module = terminal.module()
    for name in FUNCTIONS:
        assert name.encode() + b"\0" in wheel[1], name
        assert callable(getattr(module, name))
    # The function that the 4.3 gateway called to close a position.
    assert b"\0position_get\0" not in wheel[1]
    assert not hasattr(module, "position_get")


def test_structures(terminal, wheel):
    module = terminal.module()
    names = "AccountInfo TerminalInfo SymbolInfo TradePosition TradeOrder TradeDeal TradeRequest OrderSendResult OrderCheckResult"
    for name in names.split():
        assert name.encode() in wheel[1], name
        for field in getattr(module, name)._fields:
            # The linker merges a name into the end of a longer one.
            assert re.search(field.encode() + b"\0", wheel[1]), (name, field)


def test_traps(terminal):
    module = terminal.module()
    assert module.account_info() is None
    assert module.last_error()[0] == -10004
    assert module.initialize("C:/terminal64.exe")
    assert module.positions_get("EURUSD") is None
    assert module.last_error()[0] == -2
    assert module.positions_get(nonsense=1) == ()
    assert module.history_deals_get(0, 5) is None
    order = {"action": 1, "symbol": "EURUSD", "volume": 0.01, "type": 0, "price": 1.0, "comment": "x"}
    for change in ({"volume": 1}, {"price": 1}, {"magic": 1.0}, {"comment": "x" * 30}, {"symbol": "x" * 30}, {"sl": 0}):
        assert module.order_send({**order, **change}) is None
        assert module.last_error()[0] == -2
    with pytest.raises(SystemError):
        module.order_send({**order, "magic": -1})
    account = module.account_info()
    assert account._asdict()["login"] == account.login
    assert not hasattr(account, "_replace")
    assert terminal.sends() == []
