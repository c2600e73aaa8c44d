use crate::support::{contract, findings, with};
use futures::{StreamExt, stream};
use standin_contracts::rules::Verdict;
use standin_test_suite::reference_sdk::{ConformingSdk, SdkConduct};
use standin_test_suite::sdk_mutants::SDK_MUTANTS;
use standin_test_suite::sdk_variants::SDK_VARIANTS;
use std::sync::Arc;

#[tokio::test(flavor = "multi_thread", worker_threads = 6)]
async fn zz_survey() {
    let only = std::env::var("ONLY").ok();
    let vendors = std::env::var("VENDORS").unwrap_or("techcentrix,sentiance,finbox,junction".into());
    let mut jobs: Vec<(String, Option<&str>, Arc<dyn Fn() -> Arc<dyn SdkConduct>>, String)> = Vec::new();
    for v in vendors.split(',') {
        jobs.push(("reference".into(), None, Arc::new(|| Arc::new(ConformingSdk) as _), v.into()));
        for m in SDK_VARIANTS {
            if (m.fits)(&contract(v)) {
                jobs.push((m.name.into(), None, Arc::new(|| (m.make)()), v.into()));
            }
        }
        for m in SDK_MUTANTS {
            jobs.push((m.name.into(), Some(m.breaks), Arc::new(|| (m.make)()), v.into()));
        }
    }
    if let Some(o) = &only {
        jobs.retain(|j| o.split(',').any(|o| o == j.0));
    }
    let t = std::time::Instant::now();
    stream::iter(jobs)
        .map(|(name, breaks, make, v)| async move {
            let report = crate::sdk::run(&v, make()).await;
            let broken = with(&report, Verdict::Broken);
            let verdict = breaks.map(|b| report.rules.iter().find(|r| r.rule == b).map(|r| format!("{:?}", r.verdict)));
            let ok = match breaks {
                None => broken.is_empty(),
                Some(b) => {
                    broken == [b]
                        || (broken.is_empty() && verdict.as_ref().unwrap().as_deref() == Some("NotApplicable"))
                }
            };
            let un: Vec<_> = if breaks.is_none() { with(&report, Verdict::NotExercised) } else { vec![] };
            let j: Vec<_> = report.rules.iter().flat_map(|r| &r.findings).filter_map(|f| f.journey.clone()).collect();
            println!(
                "{} {v} {name} {broken:?} own={verdict:?} {j:?} halted={:?} un={un:?}",
                if ok { "ok  " } else { "BAD " },
                report.halted
            );
            if !ok && std::env::var_os("FULL").is_some() {
                println!("{:#?}", findings(&report));
            }
        })
        .buffer_unordered(6)
        .collect::<Vec<()>>()
        .await;
    println!("took {:?}", t.elapsed());
}
