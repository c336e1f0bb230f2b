"""Settings, keys and the command line: each mistake is a clear error, and nothing starts."""

import json
import os
import secrets
import stat
from pathlib import Path

import pytest

from mt5crs_gateway import cli, keys
from mt5crs_gateway.config import ConfigError, load
from mt5crs_gateway.logs import Log
from mt5crs_gateway.switch import KillSwitch
from support import ManualClock

GOOD = """
[terminal]
path = 'C:\\Program Files\\MetaTrader 5\\terminal64.exe'
login = 1100212251
server = "JustMarkets-Demo2"
[link]
host = "127.0.0.1"
signing = "off"
[limits]
max_lots = 0.1
"""


def config(tmp_path, text=GOOD):
    path = tmp_path / "gateway.toml"
    path.write_text(text, encoding="utf-8")
    return path


def key(folder, name, secret=None, mode=0o600):
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(secret if secret is not None else secrets.token_hex(32) + "\n")
    path.chmod(mode)
    return path


class TestConfig:
    def test_what_is_required_is_enough(self, tmp_path):
        settings = load(config(tmp_path))
        assert (settings.port, settings.signing, settings.limits.max_lots) == (5555, "off", 0.1)
        assert settings.terminal_path == r"C:\Program Files\MetaTrader 5\terminal64.exe"
        assert settings.journal == tmp_path / "state" / "journal-1100212251.db"

    def test_notepads_byte_order_mark(self, tmp_path):
        path = tmp_path / "gateway.toml"
        path.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
        load(path)

    @pytest.mark.parametrize("line", ["path", "login", "server", "host", "signing", "max_lots"])
    def test_what_has_no_default_is_named(self, tmp_path, line):
        text = "\n".join(it for it in GOOD.splitlines() if not it.startswith(line))
        with pytest.raises(ConfigError, match=f"{line} is missing"):
            load(config(tmp_path, text))

    @pytest.mark.parametrize(
        ("old", "new", "wanted"),
        [
            ("max_lots = 0.1", "max_lot = 0.1", "did you mean max_lots"),
            ("max_lots = 0.1", "max_lots = 0.1\nmaximum = 1", "unknown setting limits.maximum"),
            ("[limits]", "[limit]", r"unknown table \[limit\]; did you mean limits"),
            ("max_lots = 0.1", "max_lots = 0", "max_lots"),
            ("max_lots = 0.1", "max_lots = '0.1'", "max_lots"),
            ("max_lots = 0.1", "max_lots = nan", "max_lots"),
            ("max_lots = 0.1", "max_lots = true", "max_lots"),
            ("login = 1100212251", "login = -1", "login"),
            ("login = 1100212251", "login = 1.5", "login"),
            ("login = 1100212251", "login = 1\nlogin = 2", "not TOML"),
            ("login = 1100212251", "login = 1\npassword = 'x'", "a password is never read from this file"),
            ("[terminal]", "password = 'x'\n[terminal]", "a password is never read from this file"),
            ('host = "127.0.0.1"', 'host = "localhost"', "must be an IP address"),
            ('host = "127.0.0.1"', 'host = "*"', "must be an IP address"),
            ('host = "127.0.0.1"', 'host = "127.0.0.1"\nport = 70000', "port"),
            ('signing = "off"', 'signing = "on"', "signing"),
            ('signing = "off"', "signing = false", "signing"),
            ("max_lots = 0.1", "max_lots = 0.1\nsymbols = []", "symbols"),
            ("max_lots = 0.1", "max_lots = 0.1\nsymbols = 'EURUSD'", "symbols"),
            ("max_lots = 0.1", "max_lots = 0.1\norders_per_minute = 0", "orders_per_minute"),
            ("max_lots = 0.1", "max_lots = 0.1\nmax_daily_loss = -5", "max_daily_loss"),
            ("[terminal]", "terminal = 5\n[x]", "must be a table"),
            ("[terminal]", "\x00", "not TOML"),
        ],
    )
    def test_mistakes(self, tmp_path, old, new, wanted):
        with pytest.raises(ConfigError, match=wanted):
            load(config(tmp_path, GOOD.replace(old, new)))

    def test_what_cannot_be_read(self, tmp_path):
        with pytest.raises(ConfigError, match="can't read"):
            load(tmp_path / "nothing")
        with pytest.raises(ConfigError, match="can't read"):
            load(tmp_path)
        (tmp_path / "x").write_bytes(b"\xff\xfe\x00")
        with pytest.raises(ConfigError, match="not TOML"):
            load(tmp_path / "x")

    def test_signing_needs_a_key(self, tmp_path):
        for mode in ("orders", "all"):
            settings = load(config(tmp_path, GOOD.replace('"off"', f'"{mode}"')))
            with pytest.raises(ConfigError, match="no key"):
                settings.check_keys(0)
            settings.check_keys(1)

    @pytest.mark.parametrize(
        ("host", "is_refused"), [("127.0.0.1", 0), ("::1", 0), ("0.0.0.0", 1), ("10.0.0.5", 1), ("::", 1)]
    )
    def test_without_keys_it_listens_to_this_machine_alone(self, tmp_path, host, is_refused):
        text = GOOD.replace("127.0.0.1", host)
        settings = load(config(tmp_path, text))
        if is_refused:
            with pytest.raises(ConfigError, match="anybody who reaches"):
                settings.check_keys(0)
        else:
            settings.check_keys(0)
        load(config(tmp_path, text.replace('"off"', '"off"\nallow_unsigned_remote = true'))).check_keys(0)

    def test_the_password_is_in_the_environment(self, tmp_path, monkeypatch):
        settings = load(config(tmp_path, GOOD.replace("login =", "password_env = 'THE_PASSWORD'\nlogin =")))
        monkeypatch.delenv("THE_PASSWORD", raising=False)
        with pytest.raises(ConfigError, match="THE_PASSWORD, which is not set"):
            settings.password()
        monkeypatch.setenv("THE_PASSWORD", "secret")
        assert settings.password() == "secret"
        assert "secret" not in repr(settings)


class TestKeys:
    def fails(self, folder, wanted):
        with pytest.raises(keys.KeyFolderError, match=wanted):
            keys.load(folder)

    def test_a_folder(self, tmp_path):
        for name in ("engine.trade", "watch.read", "boss.admin", "engine-2.trade"):
            key(tmp_path / "keys", name)
        ring = keys.load(tmp_path / "keys")
        assert ring.roles() == {"engine": "trade", "watch": "read", "boss": "admin", "engine-2": "trade"}

    @pytest.mark.parametrize(
        "secret", ["", "\n", "0" * 63, "0" * 65, "g" * 64, "A" * 64, "0" * 64, "ab" * 32, "\xff" * 64]
    )
    def test_contents_that_are_no_key(self, tmp_path, secret):
        key(tmp_path / "keys", "a.trade", secret)
        self.fails(tmp_path / "keys", "is empty|must hold 64|no random key")

    @pytest.mark.parametrize(
        "name",
        ["a.trad", "a", ".trade", "A.trade", "a.b.trade", "a" * 33 + ".trade", "a.trade.bak", "README.txt", "ä.read"],
    )
    def test_names_that_are_none(self, tmp_path, name):
        key(tmp_path / "keys", name)
        self.fails(tmp_path / "keys", "its name must be NAME.ROLE")

    @pytest.mark.parametrize("mode", [0o644, 0o640, 0o660, 0o604, 0o601])
    def test_readable_by_others(self, tmp_path, mode):
        key(tmp_path / "keys", "a.trade", mode=mode)
        self.fails(tmp_path / "keys", "its owner's alone")

    def test_owned_by_somebody_else(self, tmp_path):
        if os.geteuid() != 0:
            pytest.skip("only root can give files away")
        os.chown(key(tmp_path / "keys", "a.trade"), 12345, -1)
        self.fails(tmp_path / "keys", "user 12345 owns it")

    def test_one_name_in_two_roles(self, tmp_path):
        key(tmp_path / "keys", "a.trade")
        key(tmp_path / "keys", "a.read")
        self.fails(tmp_path / "keys", "has two roles")

    @pytest.mark.parametrize("other", ["b.read", "b.trade"])
    def test_one_secret_twice(self, tmp_path, other):
        key(tmp_path / "keys", "a.trade", "0123456789abcdef" * 4)
        key(tmp_path / "keys", other, "0123456789abcdef" * 4)
        self.fails(tmp_path / "keys", "the same secret")

    def test_what_is_no_file(self, tmp_path):
        (tmp_path / "keys").mkdir()
        (tmp_path / "keys" / "a.trade").mkdir()
        self.fails(tmp_path / "keys", "not a regular file")
        (tmp_path / "keys" / "a.trade").rmdir()
        (tmp_path / "keys" / "a.trade").symlink_to(key(tmp_path / "other", "a.trade"))
        self.fails(tmp_path / "keys", "not a regular file")
        self.fails(tmp_path / "nothing", "can't read")

    def test_a_secret_is_never_shown(self, tmp_path):
        secret = secrets.token_hex(32)
        key(tmp_path / "keys", "a.trade", secret)
        ring = keys.load(tmp_path / "keys")
        assert secret not in repr(list(ring._keys.values()))

    @pytest.mark.parametrize(
        ("sddl", "is_exposed"),
        [
            ("keys\nD:PAI(A;;FA;;;SY)(A;;FA;;;BA)(A;;FA;;;S-1-5-21-1-2-3-1001)", False),
            ("keys\nD:AI(A;ID;FA;;;SY)(A;ID;0x1200a9;;;BU)", True),
            ("keys\nD:PAI(A;;FA;;;WD)", True),
            ("keys\nD:PAI(D;;FA;;;WD)(A;;FA;;;SY)", False),
            ("keys\nD:PAI(A;;FR;;;AU)", True),
        ],
    )
    def test_access_lists_of_windows(self, sddl, is_exposed):
        assert (keys.exposed_by(sddl) is not None) == is_exposed


class TestCommandLine:
    def run(self, capsys, *arguments):
        code = cli.main([str(it) for it in arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    def test_check(self, tmp_path, capsys):
        code, out, _ = self.run(capsys, "--config", config(tmp_path), "check")
        assert (code, "good" in out, "anybody" in out) == (0, True, True)

    @pytest.mark.parametrize("command", [[], ["check"], ["engage"]])
    def test_without_settings(self, capsys, command):
        assert self.run(capsys, *command)[0] == 2

    def test_wrong_settings(self, tmp_path, capsys):
        code, _, err = self.run(capsys, "--config", config(tmp_path, "x = 1"))
        assert code == 2
        assert err.startswith("error: ")

    def test_wrong_keys(self, tmp_path, capsys):
        (tmp_path / "keys").mkdir()
        key(tmp_path / "keys", "a.trade", "short")
        path = config(tmp_path, GOOD.replace("signing", "keys = 'keys'\nsigning"))
        code, _, err = self.run(capsys, "--config", path)
        assert (code, "must hold 64" in err, "short" in err) == (2, True, False)

    def test_engage_and_release(self, tmp_path, capsys):
        path = config(tmp_path)
        switch = KillSwitch(load(path).kill_switch)
        assert self.run(capsys, "--config", path, "engage", "--reason", "test")[0] == 0
        assert switch.is_engaged()
        assert self.run(capsys, "--config", path, "engage")[0] == 0
        assert self.run(capsys, "--config", path, "release")[0] == 0
        assert not switch.is_engaged()
        assert self.run(capsys, "--config", path, "release")[0] == 0

    def test_settings_that_cannot_be_read_do_not_prevent_engaging(self, tmp_path, capsys, monkeypatch):
        monkeypatch.setattr(cli.getpass, "getuser", lambda: 1 / 0)
        path = tmp_path / "state" / "switch"
        assert self.run(capsys, "--config", config(tmp_path, "x"), "engage", "--file", path)[0] == 0
        assert KillSwitch(path).is_engaged()

    def test_a_switch_that_cannot_be_set(self, tmp_path, capsys):
        path = config(tmp_path, GOOD + "[state]\nkill_switch = 'file/switch'\n")
        (tmp_path / "file").touch()
        assert self.run(capsys, "--config", path, "engage")[0] == 5
        (tmp_path / "file").unlink()
        (tmp_path / "file" / "switch").mkdir(parents=True)
        assert self.run(capsys, "--config", path, "release")[0] == 5

    def test_new_key(self, tmp_path, capsys):
        path = tmp_path / "engine.trade"
        assert self.run(capsys, "new-key", path)[0] == 0
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert len(path.read_text().strip()) == 64
        code, _, err = self.run(capsys, "new-key", path)
        assert (code, "File exists" in err) == (2, True)

    def test_new_journal(self, tmp_path, capsys):
        path = config(tmp_path)
        assert self.run(capsys, "--config", path, "new-journal")[0] == 0
        journal = load(path).journal
        journal.parent.mkdir()
        journal.write_text("damaged")
        code, out, _ = self.run(capsys, "--config", path, "new-journal")
        assert (code, journal.exists(), "kept as" in out) == (0, False, True)


class TestUpgrade:
    OLD = ["--mt5-login", "1100212251", "--mt5-server", "JustMarkets-Demo2", "--mt5-path", r"C:\MT5\terminal64.exe"]

    def run(self, tmp_path, *arguments):
        out = tmp_path / "gateway.toml"
        return cli.main(["upgrade-from-43", "--out", str(out), *arguments]), out

    def test_the_old_options(self, tmp_path):
        code, out = self.run(tmp_path, *self.OLD, "--max-lots", "0.01", "--port", "6666", "--host", "192.168.1.5")
        settings = load(out)
        assert code == 0
        assert (settings.signing, settings.host, settings.port, settings.limits.max_lots) == (
            "off",
            "192.168.1.5",
            6666,
            0.01,
        )
        assert settings.allow_unsigned_remote
        assert settings.terminal_path == r"C:\MT5\terminal64.exe"
        settings.check_keys(0)

    def test_the_old_defaults(self, tmp_path):
        _, out = self.run(tmp_path, *self.OLD, "--max-lots", "1")
        settings = load(out)
        assert (settings.host, settings.port, settings.risk_signature, settings.risk_signature_ttl_s) == (
            "0.0.0.0",
            5555,
            True,
            5,
        )

    def test_without_signature_validation(self, tmp_path):
        _, out = self.run(tmp_path, *self.OLD, "--max-lots", "1", "--no-signature-validation", "--signature-ttl", "30")
        assert (load(out).risk_signature, load(out).risk_signature_ttl_s) == (False, 30)

    def test_the_old_env_file(self, tmp_path, capsys):
        old = tmp_path / ".env"
        old.write_text(
            "# old\nexport MT5_LOGIN='77'\nMT5_SERVER=Some Server\nMT5_PATH=C:/x.exe\nMT5_PASSWORD=hunter2\n"
        )
        code, out = self.run(tmp_path, "--env-file", str(old), "--max-lots", "1")
        assert code == 0
        assert (load(out).login, load(out).server, load(out).password_env) == (77, "Some Server", "MT5_PASSWORD")
        assert "hunter2" not in out.read_text() + capsys.readouterr().out

    def test_max_lots_has_no_default(self, tmp_path):
        with pytest.raises(SystemExit) as exit:
            self.run(tmp_path, *self.OLD)
        assert exit.value.code == 2

    @pytest.mark.parametrize(
        "change",
        [
            ["--max-lots", "0"],
            ["--max-lots", "nan"],
            ["--max-lots", "1", "--port", "99999"],
            ["--max-lots", "1", "--host", "x"],
            ["--max-lots", "1", "--mt5-login", "abc"],
        ],
    )
    def test_mistakes_leave_no_file(self, tmp_path, change):
        code, out = self.run(tmp_path, *self.OLD, *change)
        assert code == 2
        assert not out.exists()

    def test_missing_facts(self, tmp_path, monkeypatch):
        for name in ("MT5_LOGIN", "MT5_SERVER", "MT5_PATH"):
            monkeypatch.delenv(name, raising=False)
        assert self.run(tmp_path, "--max-lots", "1")[0] == 2

    def test_an_existing_file_is_not_overwritten(self, tmp_path):
        (tmp_path / "gateway.toml").write_text("mine")
        assert self.run(tmp_path, *self.OLD, "--max-lots", "1")[0] == 2
        assert (tmp_path / "gateway.toml").read_text() == "mine"

    def test_the_example_is_good(self):
        load(Path(__file__).parent.parent / "gateway.example.toml")


class TestLog:
    def log(self, tmp_path, **options):
        return Log(ManualClock(), tmp_path / "logs", **{"max_bytes": 1000, "parts": 3, **options})

    def test_is_rotated_and_loses_no_line_but_the_oldest(self, tmp_path):
        log = self.log(tmp_path)
        for number in range(100):
            log("event", number=number)
            log.flush()
        paths = sorted((tmp_path / "logs").iterdir())
        assert [it.name for it in paths] == ["gateway.log", "gateway.log.1", "gateway.log.2", "gateway.log.3"]
        text = [json.loads(it)["number"] for path in (*paths[:0:-1], paths[0]) for it in path.read_text().splitlines()]
        assert text == list(range(text[0], 100))
        assert all(it.stat().st_size <= 1000 for it in paths)

    def test_a_log_that_can_not_be_written_stops_nothing(self, tmp_path):
        (tmp_path / "logs").touch()
        log = self.log(tmp_path)
        log("event")
        log.flush()
        (tmp_path / "logs").unlink()
        log("event")
        log.flush()
        assert (tmp_path / "logs" / "gateway.log").exists()
