//! The macOS scripts, with programs in place of macOS': what they install, what they give launchd, what they refuse.

use std::path::Path;

use super::server::Server;
use crate::support::{Ended, binary, ended};

/// Is loaded after `bootstrap` and until `bootout`.
const LAUNCHCTL: &str = r#"#!/bin/sh
echo "launchctl $1 ${2##*/}" >> @HOME@/calls
case $1 in
  bootstrap) [ ! -e @HOME@/refuses ] && cp "$3" @HOME@/loaded ;;
  bootout) rm @HOME@/loaded 2>/dev/null ;;
  print) [ -e @HOME@/loaded ] ;;
esac
"#;

fn mac() -> Server {
    let mac = Server::bare();
    mac.program("bin/launchctl", LAUNCHCTL);
    mac.program("bin/cargo", "#!/bin/sh\necho cargo >> @HOME@/calls\nexit 1\n");
    mac
}

fn script(mac: &Server, name: &str, arguments: &[&str], home: &str) -> Ended {
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/deploy/macos");
    let mut command = mac.command("bash");
    command.arg(scripts.join(name)).args(arguments).env("MT5_HOME", mac.machine.file(home));
    command.env("MT5_BINARY", binary());
    ended(command.spawn().unwrap(), name)
}

/// The strings of the program's arguments, as launchd reads them.
fn arguments(plist: &str) -> Vec<String> {
    let array = plist.split("<array>").nth(1).unwrap().split("</array>").next().unwrap();
    let strings =
        array.split("<string>").skip(1).map(|rest| rest.split("</string>").next().unwrap());
    strings
        .map(|text| text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
        .collect()
}

#[test]
fn an_account_is_installed_configured_loaded_and_stopped() {
    let mac = mac();
    script(&mac, "start.sh", &["account1"], "mt5").exits(0).says("com.mt5crs.account1 runs");
    let plist = std::fs::read_to_string(mac.machine.file("loaded")).unwrap();
    assert!(!plist.contains('@'), "{plist}");
    let home = mac.machine.file("mt5").display().to_string();
    let program = arguments(&plist);
    assert_eq!(program[..3], ["/usr/bin/caffeinate", "-s", &format!("{home}/bin/mt5crs")]);
    assert_eq!(program[program.len() - 3..], ["link-test", "--watch", "2s"]);
    for log in ["out", "err"] {
        assert!(plist.contains(&format!("<string>{home}/logs/mt5crs.account1.{log}</string>")));
    }
    // What launchd would run is what mt5crs takes.
    let mut asked: Vec<&str> = program[3..program.len() - 3].iter().map(String::as_str).collect();
    asked.extend(["config", "show"]);
    mac.machine.run(asked).without("KILL_SWITCH_FILE").end().exits(0).says("172.19.141.255");

    // Run again it loads anew, and leaves the settings alone.
    mac.machine
        .write("mt5/config.json", r#"{"profiles":{"account1":{"gateway_host":"10.0.0.5"}}}"#);
    script(&mac, "start.sh", &["account1", "engine", "--note", "a < b & \"c\""], "mt5").exits(0);
    let program = arguments(&std::fs::read_to_string(mac.machine.file("loaded")).unwrap());
    let command = ["sync", "--", "engine", "--note", "a < b & \"c\""];
    assert_eq!(program[program.len() - 5..], command);
    let config = std::fs::read_to_string(mac.machine.file("mt5/config.json")).unwrap();
    assert!(config.contains("10.0.0.5"));

    script(&mac, "stop.sh", &["account1"], "mt5").exits(0).says("is stopped");
    script(&mac, "stop.sh", &["account1"], "mt5").exits(0).says("does not run");
    assert!(!mac.machine.file("loaded").exists());
    assert!(!mac.machine.file("Library/LaunchAgents/com.mt5crs.account1.plist").exists());
    assert!(!mac.calls().contains(&"cargo".to_owned()), "{:?}", mac.calls());
}

#[test]
fn what_cannot_run_is_not_loaded() {
    let mac = mac();
    for guarded in ["Documents/mt5", "Desktop", "Downloads/x", "Library/Mobile Documents/mt5"] {
        script(&mac, "start.sh", &["account1"], guarded).exits(1).tells("macOS guards");
    }
    script(&mac, "start.sh", &[], "mt5").exits(2);
    script(&mac, "start.sh", &["a b"], "mt5").exits(2).tells("no account's name");
    script(&mac, "start.sh", &["account9"], "mt5").exits(2).tells("can't be used");
    assert_eq!(mac.calls(), [""; 0]);
    mac.machine.write("refuses", "");
    script(&mac, "start.sh", &["account1"], "mt5").exits(1).tells("launchd did not take");
    script(&mac, "stop.sh", &[], "mt5").exits(2);
}
