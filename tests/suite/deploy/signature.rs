//! `update.sh` and the signature of a release, with keys that the test makes. Where minisign is not installed, only its
//! absence can be tested.

use std::process::Command;

use super::server::Server;

/// `.ci/run` lists the tests as skipped where it is not there.
fn has_minisign() -> bool {
    Command::new("minisign").arg("-v").output().is_ok()
}

/// A server with 0.1.0 in place, which came with the key `ours`.
fn with_key() -> Server {
    let server = Server::new();
    for name in ["ours", "theirs"] {
        server.sh(&format!("minisign -G -W -p {name}.pub -s {name}.key > /dev/null"));
    }
    let artifact = server.artifact_with("0.1.0", "share/mt5crs/release.pub", "ours.pub");
    server.update(&[&artifact]).exits(0).says("nobody checks the signature");
    server.machine.write("calls", "");
    server
}

fn sign(server: &Server, key: &str) {
    server.sh(&format!("minisign -S -W -s {key}.key -m artifacts/SHA256SUMS > /dev/null"));
}

/// Nothing was switched, nothing was asked of a program, and nothing half-made is left.
#[track_caller]
fn is_refused(server: &Server, arguments: &[&str], why: &str) {
    server.update_signed(arguments, &[]).exits(1).tells("error: ").tells(why);
    assert_eq!((server.answer().as_str(), server.calls().len()), ("0.1.0 with first", 0));
    server.is_tidy();
}

#[test]
fn only_sums_that_the_installed_key_signed_are_believed() {
    if !has_minisign() {
        return;
    }
    let server = with_key();
    let artifact = server.artifact("0.2.0");
    is_refused(&server, &[&artifact], "SHA256SUMS.minisig can't be read");
    sign(&server, "theirs");
    is_refused(&server, &[&artifact], "is not signed by");
    // Whoever can change the tarball can change the sums beside it.
    sign(&server, "ours");
    server.sh(&format!("printf x >> {artifact}; cd artifacts && sha256sum *.tar.gz > SHA256SUMS"));
    is_refused(&server, &[&artifact], "is not signed by");
    let artifact = server.artifact("0.2.0");
    sign(&server, "ours");
    server.sh(&format!("cp {artifact} whole && printf x >> {artifact}"));
    is_refused(&server, &[&artifact], "is not what SHA256SUMS says");
    server.sh(&format!("mv whole {artifact}"));
    server.update_signed(&[&artifact], &[]).exits(0).says("is in place, and proved");
    assert!(server.update(&["status"]).exits(0).stdout().contains("signed=yes"));
}

#[test]
fn a_release_without_a_key_wants_one_by_hand() {
    if !has_minisign() {
        return;
    }
    let server = with_key();
    // This one brings no key, so the next has none to be verified by.
    let artifact = server.artifact("0.2.0");
    sign(&server, "ours");
    server.update_signed(&[&artifact], &[]).exits(0);
    let artifact = server.artifact("0.3.0");
    sign(&server, "ours");
    server.update_signed(&[&artifact], &[]).exits(1).tells("there is no public key").tells("--key");
    server.update_signed(&["--key", "nowhere", &artifact], &[]).exits(1).tells("can't be read");
    server.update_signed(&["--key", "theirs.pub", &artifact], &[]).exits(1).tells("not signed by");
    server.update_signed(&["--key", "ours.pub", &artifact], &[]).exits(0);
}

#[test]
fn a_release_hands_its_place_to_another_key() {
    if !has_minisign() {
        return;
    }
    let server = with_key();
    let artifact = server.artifact_with("0.2.0", "share/mt5crs/release.pub", "theirs.pub");
    sign(&server, "ours");
    server.update_signed(&[&artifact], &[]).exits(0);
    let artifact = server.artifact("0.3.0");
    sign(&server, "ours");
    server.update_signed(&[&artifact], &[]).exits(1).tells("is not signed by");
    sign(&server, "theirs");
    server.update_signed(&[&artifact], &[]).exits(0);
}

#[test]
fn the_packages_key_is_taken_where_no_release_is_in_place() {
    if !has_minisign() {
        return;
    }
    let server = Server::new();
    server.sh("mkdir -p root/usr/share/mt5crs && minisign -G -W -p root/usr/share/mt5crs/release.pub -s ours.key > /dev/null");
    let artifact = server.artifact("0.1.0");
    sign(&server, "ours");
    server.update_signed(&[&artifact], &[]).exits(0);
}

#[test]
fn without_minisign_nothing_is_believed() {
    let server = Server::with_old();
    let artifact = server.artifact("0.2.0");
    server.machine.write("artifacts/SHA256SUMS.minisig", "untrusted comment: none\n");
    server.sh("mkdir others && for file in /usr/bin/* /bin/*; do [ \"${file##*/}\" = minisign ] || ln -sf \"$file\" others/; done");
    let path = ["bin", "others"].map(|name| server.machine.file(name).display().to_string());
    let ended = server.update_signed(&[&artifact], &[("PATH", &path.join(":"))]).exits(1);
    ended.tells("minisign is not installed").tells("apt install minisign");
    assert_eq!((server.answer().as_str(), server.calls().len()), ("0.1.0 with first", 0));
    server.is_tidy();
}
