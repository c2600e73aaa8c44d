use standin_contracts::{contract, ledger};
use standin_test_suite::reference_sdk::ConformingSdk;
use standin_test_suite::sdk::{Sdk, SdkPlan};
use std::sync::Arc;
#[tokio::main]
async fn main() {
    let journey = std::env::args().nth(2);
    let vendor = std::env::args().nth(1).unwrap();
    let plan = SdkPlan {
        contract: Arc::new(contract::builtin(&vendor).unwrap().unwrap()),
        ledger: Arc::new(ledger::builtin(&vendor).unwrap()),
        sdk: Sdk::Reference(Arc::new(ConformingSdk)),
        name: "reference".into(),
        accepted: Default::default(),
        seed: 1,
        journey,
        rule: None,
        command: "x".into(),
        history: Some("/tmp/sdkh".into()),
    };
    let began = std::time::Instant::now();
    let report = plan.run(&|t| eprintln!("{t}")).await.unwrap();
    for j in &report.journeys {
        println!("{:24} {:?}", j.name, j.skipped);
    }
    for r in &report.rules {
        println!("{:36} {:?} {} {:?} {:?}", r.rule, r.verdict, r.exercised, r.journeys, r.reason);
        for f in &r.findings {
            println!("   {} {:?}", f.message, f.journey);
            for s in &f.steps {
                println!("       {} {} {}", s.seq, s.actors, s.said);
            }
        }
    }
    println!("{} events, {:?}, halted {:?}", report.events, began.elapsed(), report.halted);
}
