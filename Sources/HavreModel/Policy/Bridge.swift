extension Finding {
    init(
        _ outcome: Outcome, subject: String, facts: [UsedFact], message: String, remedy: String = "",
        planPath: String, isToday: Bool = false, notes: Set<Verdict.Note> = []
    ) {
        self.init(
            outcome, subject: Text(subject), facts: facts, message: Text(message), remedy: Text(remedy),
            planPath: planPath, isToday: isToday, notes: notes)
    }
}
extension Hop { var description: String { title.english } }
