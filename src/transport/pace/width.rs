//! How many calls are under way at once: more while they are answered, half as many after a refusal.

/// Answers without a refusal, for each call that may be under way, until more than was refused are tried again.
const PATIENCE: usize = 50;

#[derive(Debug)]
pub struct Width {
    width: usize,
    start: usize,
    widest: usize,
    /// Answers for each call that may be under way, until there are more than at the start.
    patience: usize,
    /// So many at once were too many.
    too_many: Option<usize>,
    pub inside: usize,
    /// Answers since the width last changed.
    run: usize,
    narrowed: f64,
}

impl Width {
    pub fn new((start, widest, patience): (usize, usize, usize)) -> Width {
        Width {
            width: start,
            start,
            widest,
            patience,
            too_many: None,
            inside: 0,
            run: 0,
            narrowed: f64::NEG_INFINITY,
        }
    }

    pub fn now(&self) -> usize {
        self.width
    }

    pub fn has_room(&self) -> bool {
        self.inside < self.width
    }

    /// A call was answered; whether there is more room than before.
    pub fn answered(&mut self) -> bool {
        self.run += 1;
        let known = self.too_many.is_none_or(|too_many| self.width + 1 < too_many);
        let patience = match known {
            false => PATIENCE,
            true if self.width < self.start => 1,
            true => self.patience,
        };
        if self.width >= self.widest || self.run < self.width * patience {
            return false;
        }
        self.run = 0;
        self.width += 1;
        if !known {
            self.too_many = Some(self.width + 1);
        }
        true
    }

    /// A call was refused that was sent then; `at_once` when there were too many at once.
    pub fn refused(&mut self, sent: f64, now: f64, at_once: bool) {
        self.run = 0;
        // Calls that were under way together are refused together; that is one lesson, not sixteen.
        if sent <= self.narrowed {
            return;
        }
        if at_once {
            self.too_many = Some(self.inside.clamp(2, self.width.max(2)));
        }
        self.width = (self.width / 2).max(1);
        self.narrowed = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_widens_with_answers_and_narrows_once_for_calls_refused_together() {
        let mut width = Width::new((16, 64, 1));
        for _ in 0..16 {
            width.answered();
        }
        assert_eq!(width.now(), 17);
        for sent in [1.0, 1.1, 1.2] {
            width.refused(sent, 2.0, false);
        }
        assert_eq!(width.now(), 8);
        width.refused(2.5, 3.0, false);
        assert_eq!(width.now(), 4);
    }

    #[test]
    fn what_was_too_many_at_once_is_not_tried_again_for_long() {
        let mut width = Width::new((4, 8, 1));
        (width.inside, width.run) = (4, 0);
        width.refused(1.0, 1.0, true);
        for _ in 0..40 {
            width.answered();
        }
        assert_eq!(width.now(), 3, "four were too many");
        for _ in 0..3 * PATIENCE {
            width.answered();
        }
        assert_eq!(width.now(), 4);
    }

    #[test]
    fn it_is_never_nothing() {
        let mut width = Width::new((4, 8, 1));
        for n in 0..10 {
            width.refused(f64::from(n) + 0.5, f64::from(n) + 1.0, n % 2 == 0);
        }
        assert_eq!(width.now(), 1);
    }
}
