//! `drift` on files, as operators run it.

use crate::support::{Machine, Run};

fn numbers(from: u32, count: u32) -> String {
    (from..from + count).map(|number| format!("{number}\n")).collect()
}

/// Compares these samples with a reference from 1 to 200.
fn drift(machine: &Machine, current: &str) -> Run {
    machine.write("then.txt", numbers(1, 200));
    machine.write("now.txt", current);
    machine.run(["drift", "--drift-reference=then.txt", "--drift-current=now.txt"])
}

#[test]
fn the_index_decides_the_exit_code() {
    let machine = Machine::new();
    let stable = drift(&machine, &numbers(1, 200)).json().exits(0).document();
    assert_eq!(
        (&stable["verdict"], &stable["report"]["state"]),
        (&"pass".into(), &"stable".into())
    );
    // Half of the last two bins' samples are in the first two: 0.104.
    let moved = [(161, 10), (181, 10), (1, 10), (21, 10)].map(|(from, count)| numbers(from, count));
    let watched = numbers(1, 160) + &moved.concat();
    let watched = drift(&machine, &watched).json().exits(0).document();
    assert_eq!(
        (&watched["verdict"], &watched["report"]["state"]),
        (&"warn".into(), &"watch".into())
    );
    let moved = drift(&machine, &numbers(100, 200)).json().exits(1).document();
    assert_eq!((&moved["verdict"], &moved["report"]["state"]), (&"fail".into(), &"drift".into()));
    assert_eq!(moved["report"]["bins"].as_array().unwrap().len(), 10);
    // The limits are settings.
    let calm = drift(&machine, &numbers(100, 200)).env("MT5CRS_PSI_DRIFT", "50");
    calm.json().exits(0);
}

#[test]
fn samples_that_cannot_be_judged_are_no_pass() {
    let machine = Machine::new();
    for (current, words) in [
        (numbers(1, 199), "199 values"),
        (String::new(), "0 values"),
        (numbers(1, 200) + "NaN\n", "line 201"),
        ("price\n".to_owned() + &numbers(1, 200), "line 1"),
    ] {
        let document = drift(&machine, &current).json().exits(1).document();
        assert_eq!(document["verdict"], "unknown");
        assert_eq!(document["report"]["state"], "cannot_be_judged");
        assert!(document["report"]["why"].as_str().unwrap().contains(words), "{document}");
        assert!(document["report"]["psi"].is_null());
    }
    std::fs::remove_file(machine.file("now.txt")).unwrap();
    let gone = machine.run(["drift", "--drift-reference=then.txt", "--drift-current=now.txt"]);
    gone.end().exits(1).says("UNKNOWN cannot be judged: ").says("now.txt: No such file");
}

#[test]
fn a_column_is_read_from_csv_and_from_jsonl() {
    let machine = Machine::new();
    let csv: String = (1..=200).map(|n| format!("t{n},{n}\n")).collect();
    let csv = machine.write("then.csv", format!("time,prediction\n{csv}"));
    let json: String =
        (1..=200).map(|n| format!("{{\"time\":\"t\",\"prediction\":{n}}}\n")).collect();
    let json = machine.write("now.jsonl", json);
    let run = machine
        .run(["drift", "--drift-field=prediction"])
        .env("MT5CRS_DRIFT_REFERENCE", &csv)
        .env("MT5CRS_DRIFT_CURRENT", &json);
    let document = run.json().exits(0).document();
    assert_eq!(document["report"]["psi"], 0.0);
}

#[test]
fn without_two_samples_drift_names_the_flags() {
    let machine = Machine::new();
    machine.run(["drift"]).end().exits(2).tells("--drift-reference").tells("--drift-current");
    let crossed = drift(&machine, "").env("MT5CRS_PSI_WATCH", "0.5");
    crossed.end().exits(2).tells("MT5CRS_PSI_WATCH is above MT5CRS_PSI_DRIFT");
}

#[test]
fn the_page_draws_the_bins() {
    let machine = Machine::new();
    let page = drift(&machine, &numbers(100, 200)).end().exits(1);
    page.says("FAIL DRIFT: PSI ").says("UP TO").says("|").says("####").says("when nothing moved");
}
