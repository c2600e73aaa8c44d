//! Plays a generated case in a harness.

use std::time::Duration;

use futures::future::try_join_all;
use standin_contracts::history::{Login, NamedIn};
use standin_mock_server::FaultSpec;
use standin_mock_server::fault::{BlackHole, Fault, Hold, Moment, When};

use super::step::{Asking, Case, Meanwhile, Parking, Step};
use crate::backend_harness::BackendHarness;
use crate::driver::{Ask, Halt, Impersonation};

/// How long a backend process has to serve another request while a call of its own is parked.
const ONE_AT_A_TIME: Duration = Duration::from_secs(1);
/// The same limit for a backend in this program. It answers at once, or waits for a clock that stands still
/// meanwhile.
const AT_ONCE: Duration = Duration::from_millis(30);

pub(super) struct Player<'s> {
    pub(super) harness: &'s BackendHarness,
    /// Whether the backend gets time for work after its answer, before the next request.
    pub(super) calmly: bool,
}

impl Player<'_> {
    /// Plays all steps, then restores the harness: no fault, a valid key, nothing under way.
    pub(super) async fn case(&self, case: &Case) -> Result<(), Halt> {
        for step in &case.steps {
            Box::pin(self.step(step)).await?;
        }
        self.harness.end_case(self.calmly).await
    }

    async fn step(&self, step: &Step) -> Result<(), Halt> {
        match step {
            Step::Ask(asking) => self.ask(*asking).await,
            Step::SignIn(asking) => self.sign_in(*asking).await,
            Step::SignUp { wants } => self.sign_up(wants).await,
            Step::AskAtOnce(asks) => self.ask_at_once(asks).await,
            Step::AskWhile { ask, parked, meanwhile } => Box::pin(self.ask_while(*ask, *parked, meanwhile)).await,
            Step::Fault { fault, on, next } => {
                let spec = FaultSpec::new(fault.clone()).when(When::Next(*next));
                self.harness.place(on.map_or(spec.clone(), |command| spec.on(command.as_str())))
            }
            Step::Key(state) => self.harness.set_key(*state),
            Step::Pass(time) => {
                self.harness.sandbox().advance(*time);
                Ok(())
            }
            Step::Restart => self.harness.restart().await,
            Step::Settle => self.harness.settle().await,
        }
    }

    async fn ask(&self, asking: Asking) -> Result<(), Halt> {
        self.pause().await;
        self.made(asking).await
    }

    /// Makes a request. A valid one reveals the user's id, so that another app can name it later.
    async fn made(&self, asking: Asking) -> Result<(), Halt> {
        let Some((ask, named)) = self.meant(asking) else { return Ok(()) };
        match &named {
            Some((victim, id)) => self.harness.ask(ask.impersonating(self.named(*victim, id))).await.map(drop),
            None if asking.login == Login::Valid => self.harness.ask_and_learn(ask).await.map(drop),
            None => self.harness.ask(ask).await.map(drop),
        }
    }

    /// The request of a step, with the user and the id that it names.
    fn meant(&self, asking: Asking) -> Option<(Ask<'_>, Option<(usize, String)>)> {
        let calls = self.harness.calls();
        let call = calls.get(asking.call % calls.len().max(1))?;
        let ask = Ask::valid(call, self.user(asking.user)).showing(asking.login);
        let named = asking.names.map(|impersonation| {
            let ids = self.harness.ids_of(self.user(impersonation.victim));
            (impersonation.victim, ids[impersonation.id % ids.len()].clone())
        });
        Some((ask, named))
    }

    /// A try to act as a user by this id. The place follows from both, so that it is the same in each replay.
    fn named<'u>(&'u self, victim: usize, id: &'u str) -> Impersonation<'u> {
        let number = id.bytes().fold(victim, |sum, byte| sum.wrapping_add(usize::from(byte)));
        let place = NamedIn::ALL[number % NamedIn::ALL.len()];
        Impersonation { victim: self.user(victim), id, place, name: None }
    }

    fn user(&self, index: usize) -> &crate::driver::UserTable {
        let users = self.harness.users();
        &users[index % users.len()]
    }

    async fn sign_in(&self, asking: Asking) -> Result<(), Halt> {
        self.pause().await;
        let Some((ask, _)) = self.meant(asking) else { return Ok(()) };
        self.harness.ask_and_sign_in(ask.call, ask.user).await.map(drop)
    }

    async fn sign_up(&self, wants: &str) -> Result<(), Halt> {
        self.pause().await;
        let name = format!("newcomer-{}", self.harness.last_seq());
        let Some(newcomer) = self.harness.sign_up(&name, wants).await? else { return Ok(()) };
        for call in self.harness.calls() {
            self.harness.ask_and_sign_in(call, &newcomer).await?;
        }
        Ok(())
    }

    async fn ask_at_once(&self, asks: &[Asking]) -> Result<(), Halt> {
        self.pause().await;
        try_join_all(asks.iter().map(|asking| self.made_unlearned(*asking))).await.map(drop)
    }

    /// Makes a request without learning an id from it: with several open, an id can't be assigned to one.
    async fn made_unlearned(&self, asking: Asking) -> Result<(), Halt> {
        let Some((ask, named)) = self.meant(asking) else { return Ok(()) };
        let ask = match &named {
            Some((victim, id)) => ask.impersonating(self.named(*victim, id)),
            None => ask,
        };
        self.harness.ask(ask).await.map(drop)
    }

    /// Makes a request whose vendor call is parked. No other fault is set meanwhile.
    async fn ask_while(&self, asking: Asking, parked: Parking, meanwhile: &[Meanwhile]) -> Result<(), Halt> {
        self.pause().await;
        let Some((ask, _)) = self.meant(asking) else { return Ok(()) };
        let fault = match parked {
            Parking::BeforeCommit => Fault::Hold(Hold { at: Moment::BeforeCommit }),
            Parking::AfterCommit => Fault::Hold(Hold { at: Moment::AfterCommit }),
            Parking::Silence => Fault::BlackHole(BlackHole {}),
        };
        // Another fault might meet the call first, and this one would then park a call that is never released.
        self.harness.sandbox().clear_faults();
        let others = self.meanwhile(meanwhile);
        tokio::pin!(others);
        let within = if self.harness.is_done_when_answered().await { AT_ONCE } else { ONE_AT_A_TIME };
        // A backend may serve one request at a time: it gets to the others only when the first is done.
        let mut done = false;
        let in_time = async {
            if let Ok(acted) = tokio::time::timeout(within, &mut others).await {
                done = true;
                acted?;
            }
            Ok(())
        };
        self.harness.ask_while(FaultSpec::new(fault), ask, in_time).await?;
        if done { Ok(()) } else { others.await }
    }

    async fn meanwhile(&self, acts: &[Meanwhile]) -> Result<(), Halt> {
        for act in acts {
            match act {
                Meanwhile::Ask(asking) => self.made_unlearned(*asking).await?,
                Meanwhile::Key(state) => self.harness.set_key(*state)?,
                Meanwhile::Restart => self.harness.restart().await?,
            }
        }
        Ok(())
    }

    async fn pause(&self) {
        if self.calmly {
            self.harness.pause().await;
        }
    }
}
