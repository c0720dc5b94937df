//! Whatever happens in whatever order: one approval never gives two messages, and is never answered by silence.
//!
//! A small model keeps count beside the real binary, which meets a server that misbehaves, a state that is lost, and files
//! that come back, are doubled and taken back.

use crate::support::*;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRng, TestRunner};
use std::sync::{Arc, Mutex};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Server {
    Takes,
    /// The end of the connection after the final dot: it may have taken the message.
    FallsSilent,
    Later,
    Refuses,
    /// The end of the connection before a message.
    HangsUp,
}

#[derive(Debug, Clone, Copy)]
enum Step {
    /// The owner approves one of the files.
    Approve(usize),
    /// The owner sets one back to `pending`.
    TakeBack(usize),
    /// A file as it was when it was first approved: a backup, a checkout.
    Restore(usize),
    /// One file more with the same content: a sync tool.
    Double,
    Sync(Server),
    /// The database is gone.
    LoseState,
    /// An hour passes.
    Wait,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    use Server::*;
    let server =
        prop_oneof![2 => Just(Takes), 3 => Just(FallsSilent), 1 => Just(Later), 1 => Just(Refuses), 1 => Just(HangsUp)];
    let step = prop_oneof![
        3 => (0..2_usize).prop_map(Step::Approve),
        1 => (0..2_usize).prop_map(Step::TakeBack),
        2 => (0..2_usize).prop_map(Step::Restore),
        1 => Just(Step::Double),
        6 => server.prop_map(Step::Sync),
        1 => Just(Step::LoseState),
        1 => Just(Step::Wait),
    ];
    prop::collection::vec(step, 2..10).prop_map(|steps| [vec![Step::Approve(0)], steps].concat())
}

struct Model {
    case: Case,
    server: Arc<Mutex<Server>>,
    /// How many messages the server may have taken.
    taken: Arc<Mutex<usize>>,
    /// How many the owner has asked for: one, and one more each time that he was told that nobody can tell.
    asked_for: usize,
    taken_back: bool,
}

const FILES: [&str; 2] = ["a.md", "a (copy).md"];

impl Model {
    fn new() -> Model {
        let server = Arc::new(Mutex::new(Server::Takes));
        let taken = Arc::new(Mutex::new(0));
        let (behaviour, count) = (server.clone(), taken.clone());
        let sink = Sink::scripted(move |event| {
            let behaviour = *behaviour.lock().unwrap();
            let is_message = matches!(event, Event::Message(_));
            if is_message && matches!(behaviour, Server::Takes | Server::FallsSilent) {
                *count.lock().unwrap() += 1;
            }
            match behaviour {
                Server::FallsSilent if is_message => Action::Close,
                Server::Later if is_message => Action::Say("451 4.3.0 later".into()),
                Server::Refuses if is_message => Action::Say("554 5.7.1 no".into()),
                Server::HangsUp if *event == Event::Connected => Action::Close,
                _ => Action::Usual,
            }
        });
        let (case, _) = Case::posting(&sink);
        case.draft(FILES[0], &letter("ada@example.com", "Hello").replace("approved", "pending"));
        Model { case, server, taken, asked_for: 0, taken_back: false }
    }

    fn files(&self) -> impl Iterator<Item = &'static str> {
        FILES.into_iter().filter(|name| self.case.draft_path(name).exists())
    }

    fn statuses(&self) -> Vec<String> {
        self.files().map(|name| self.case.says(name, "status")).collect()
    }

    /// Something says `approved`: once that asks for a message, and once more each time that the owner says it of a file
    /// that tells him that nobody knows, or that there are two of them.
    fn asks(&mut self, knowing: bool) {
        if self.asked_for == 0 || knowing {
            self.asked_for += 1;
        }
        self.taken_back = false;
    }

    fn set(&self, name: &str, status: &str) {
        let now = self.case.says(name, "status");
        self.case.edit(name, &format!("status: {now}"), &format!("status: {status}"));
    }

    fn step(&mut self, step: Step) {
        let there = |n: usize| self.files().nth(n);
        match step {
            Step::Approve(n) => {
                if let Some(name) = there(n) {
                    let status = self.case.says(name, "status");
                    self.asks(["uncertain", "conflict"].contains(&status.as_str()));
                    self.set(name, "approved");
                }
            }
            Step::TakeBack(n) => {
                if let Some(name) =
                    there(n).filter(|name| ["approved", "queued"].contains(&self.case.says(name, "status").as_str()))
                {
                    self.set(name, "pending");
                    self.taken_back = true;
                }
            }
            Step::Restore(n) => {
                if let Some(name) = there(n) {
                    self.asks(false);
                    self.case.draft(name, &letter("ada@example.com", "Hello"));
                }
            }
            Step::Double => {
                let text = self.case.draft_text(FILES[0]);
                // What stood there before is not asked for any more.
                self.taken_back = true;
                if self.case.says(FILES[0], "status") == "approved" {
                    self.asks(false);
                }
                self.case.draft(FILES[1], &text);
            }
            Step::Sync(server) => {
                *self.server.lock().unwrap() = server;
                let output = self.case.postnote(&["sync"]);
                assert!([0, 1].contains(&output.status), "{output:?}");
            }
            Step::LoseState => drop(std::fs::remove_file(self.case.state().join("state.db"))),
            Step::Wait => {
                if self.case.state().join("state.db").exists() {
                    self.case.sql("UPDATE outbox SET not_before = not_before - 3600");
                }
            }
        }
    }

    fn check(&self) {
        let taken = *self.taken.lock().unwrap();
        assert!(taken <= self.asked_for, "{taken} messages, and {} were asked for", self.asked_for);
    }
}

fn run(steps: &[Step]) {
    let mut model = Model::new();
    for step in steps {
        model.step(*step);
        model.check();
    }
    // In the end all is well with the server, and time passes.
    for step in [Step::Sync(Server::Takes), Step::Wait, Step::Sync(Server::Takes), Step::Sync(Server::Takes)] {
        model.step(step);
        model.check();
    }
    for name in model.files() {
        let (status, error) = (model.case.says(name, "status"), model.case.says(name, "error"));
        assert!(!["approved", "queued", "sending"].contains(&status.as_str()), "{name} says {status:?} for ever");
        let silent = status == "pending" && error.is_empty() && model.asked_for > 0 && !model.taken_back;
        assert!(!silent || model.statuses().iter().any(|s| s != "pending"), "{name}: an approval without an answer");
    }
}

#[test]
fn one_approval_is_never_two_messages_and_never_silence() {
    let config = Config { cases: 48, max_shrink_iters: 60, failure_persistence: None, ..Config::default() };
    // The same orders each time; the steps of one that fails are in its message.
    let draws = TestRng::deterministic_rng(config.rng_algorithm);
    TestRunner::new_with_rng(config, draws)
        .run(&steps(), |steps| {
            run(&steps);
            Ok(())
        })
        .unwrap();
}
