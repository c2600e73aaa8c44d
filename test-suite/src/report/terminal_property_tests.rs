//! Property tests as text for a terminal.

use super::terminal::Page;
use super::{CaseReport, CasesReport, EndReport, PropertyTestReport, RegressionReport, RegressionState};

impl Page {
    /// Shows the results of regressions and generated cases.
    pub(super) fn property_tests(&mut self, tests: &PropertyTestReport) {
        for regression in &tests.regressions {
            self.regression(regression);
        }
        self.lines(&numbered(&tests.only));
        for cases in &tests.cases {
            self.cases(cases);
        }
    }

    fn lines(&mut self, text: &str) {
        text.lines().for_each(|line| self.line(&format!("  {line}")));
    }

    /// Shows how the backend ended in a case.
    pub(super) fn end(&mut self, end: &EndReport) {
        self.lines(&words_of_case(&end.case));
        self.line(&format!("  again   {}", end.replay));
    }

    fn regression(&mut self, regression: &RegressionReport) {
        let (file, breaks) = (&regression.file, &regression.breaks);
        let what = match &regression.state {
            RegressionState::Failed => "fails again".to_owned(),
            RegressionState::Mended => "is mended; the file stays as a guard".to_owned(),
            RegressionState::NotSeen => "was not exercised".to_owned(),
            RegressionState::NotPlayed(why) => format!("was not played: {why}"),
        };
        self.line(&format!("  regression {file}: {breaks} {what}"));
    }

    fn cases(&mut self, cases: &CasesReport) {
        let CasesReport { of, cases: count, steps, took_ms, .. } = cases;
        self.line(&format!("  {count} {of} of {steps} steps in {}.{}s", took_ms / 1000, took_ms % 1000 / 100));
        let not_exercised: Vec<&str> =
            cases.exercised.iter().filter(|rule| rule.times == 0).map(|rule| rule.rule.as_str()).collect();
        if !not_exercised.is_empty() {
            self.line(&format!("  not exercised by any case: {}", not_exercised.join(", ")));
        }
    }
}

/// A case in words, with how sure its failure is, and where it is kept.
pub(super) fn words_of_case(case: &CaseReport) -> String {
    let mut words = numbered(&case.words);
    let from = case.shrunk_from.map(|steps| format!(", shrunk from {steps} steps")).unwrap_or_default();
    words += &format!("  case {} of seed {}{from}{}\n", case.number, case.seed, confirmed(case));
    if let Some(file) = &case.kept {
        words += &format!("  kept in {file}, and played first from now on\n");
    }
    if let Some(unkept) = &case.to_keep {
        words += &format!("  not written; to have it played first from now on, put this into {}:\n", unkept.file);
        words += &unkept.content;
    }
    words
}

fn numbered(words: &[String]) -> String {
    words.iter().enumerate().map(|(number, words)| format!("  {:>2}. {words}\n", number + 1)).collect()
}

fn confirmed(case: &CaseReport) -> String {
    match case.confirmed {
        None => String::new(),
        Some(seen) if case.is_flaky() => {
            format!("; flaky: it came again {} of {} times on a fresh subject", seen.times, seen.of)
        }
        Some(seen) => format!("; it came again {} of {} times on a fresh subject", seen.times, seen.of),
    }
}
