//! A name with several addresses: each is tried, and the report says which one answered.

use crate::preload::SEVERAL_ADDRESSES;
use crate::support::{Machine, Run, Sim, named};

/// A command whose gateway's name has these addresses. The gateway listens on 127.0.0.1 alone.
fn named_gateway(machine: &Machine, sim: &Sim, arguments: &[&str], addresses: &str) -> Run {
    let run = machine.against(sim, arguments).env("GATEWAY_HOST", "gateway.test");
    run.env("LD_PRELOAD", SEVERAL_ADDRESSES.path()).env("ADDRESSES", addresses)
}

#[test]
fn each_address_of_a_name_is_tried() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    for addresses in ["127.0.0.3,127.0.0.1", "127.0.0.1,127.0.0.3", "127.0.0.4,127.0.0.3,127.0.0.1"]
    {
        let count = addresses.split(',').count();
        for command in ["positions", "sync"] {
            named_gateway(&machine, &sim, &[command], addresses).json().exits(0);
        }
        let run = named_gateway(&machine, &sim, &["link-test"], addresses);
        let document = run.json().exits(0).document();
        assert_eq!(document["report"]["address"], sim.endpoint.to_string(), "{document}");
        let found =
            format!("gateway.test is 127.0.0.1, the first of {count} addresses that accepts");
        let name = &named(&document, "layers", "name")["found"];
        assert!(name.as_str().unwrap().starts_with(&found), "{name}");
    }
}

#[test]
fn where_no_address_answers_the_report_says_so() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    let run = named_gateway(&machine, &sim, &["link-test"], "127.0.0.3,127.0.0.4");
    let document = run.json().exits(3).document();
    assert_eq!(document["report"]["failed_layer"], "tcp", "{document}");
    let name = named(&document, "layers", "name")["found"].as_str().unwrap();
    assert!(name.ends_with("none of its 2 addresses accepts a connection"), "{name}");
}

/// A name that is this machine's and another's is judged by its first address, and nothing takes its place.
#[test]
fn this_machine_is_refused_beside_another() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    let port = sim.endpoint.port().to_string();
    let run =
        machine.run(["positions"]).env("GATEWAY_HOST", "gateway.test").env("GATEWAY_PORT", port);
    let run = run.env("LD_PRELOAD", SEVERAL_ADDRESSES.path());
    run.env("ADDRESSES", "127.0.0.1,192.0.2.1").end().exits(5).tells("it is this machine");
}
