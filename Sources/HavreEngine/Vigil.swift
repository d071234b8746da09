public import HavreJournal
import Synchronization

/// Whether the verdicts still stand while a run moves: asked every `interval`, and once before each dataset begins.
///
/// Whoever prepares the run says how to find out. An answer that does not come, or comes as an error, ends the run:
/// nothing moves unjudged.
public struct Vigil: Sendable {
    /// What was found.
    public enum Finding: Sendable, Hashable {
        /// The verdicts are those of the last time.
        case unchanged
        /// They are, and yet something that they rest on is not: what, for the journal.
        case noted(JournalNote)
        /// They are not: what differs, for the journal, and the rules that now block, by dataset. Datasets that are not
        /// named are not blocked.
        case changed(note: JournalNote, blocked: [String: [String]])
    }

    let interval: Duration
    let patience: Duration
    let judge: @Sendable () async throws -> Finding

    /// Asks `judge`, which has `patience` to answer.
    public init(
        every interval: Duration = .seconds(60), patience: Duration = .seconds(60),
        judge: @escaping @Sendable () async throws -> Finding
    ) {
        self.interval = interval
        self.patience = patience
        self.judge = judge
    }
}

/// The vigil of one run: who asks, and what follows from the last answer.
final class VigilWatch: Sendable {
    /// What a dataset may do.
    enum Standing: Sendable, Hashable {
        case clear
        case blocked([String])
        /// Nobody could judge, and why.
        case unjudged(String)
    }

    private struct State {
        /// An answer is awaited, or taken in.
        var isAsking = false
        var waiters: [CheckedContinuation<Void, Never>] = []
        var blocked: [String: [String]] = [:]
        var failure: String?
        /// The dataset under way.
        var current: (dataset: String, drain: Drain)?
    }

    private let vigil: Vigil
    private let journal: any Journal
    private let notify: @Sendable (Migration.Notice) -> Void
    private let state = Mutex(State())

    init(_ vigil: Vigil, journal: any Journal, notify: @escaping @Sendable (Migration.Notice) -> Void) {
        self.vigil = vigil
        self.journal = journal
        self.notify = notify
    }

    /// Asks every interval until the task is cancelled or nobody could judge.
    func keep() async {
        while !Task.isCancelled {
            do { try await Task.sleep(for: vigil.interval) } catch { return }
            await ask()
            if state.withLock({ $0.failure != nil }) { return }
        }
    }

    /// Asks once, and takes the answer in; where somebody else asks already, waits for that answer.
    func ask() async {
        let isFirst = state.withLock { state in
            defer { state.isAsking = true }
            return !state.isAsking
        }
        guard isFirst else { return await settled() }
        do {
            switch try await answer() {
            case .unchanged: break
            case .noted(let note): try await journal.note("facts.changed", dataset: nil, note)
            case .changed(let note, let blocked):
                try await journal.note("verdicts.changed", dataset: nil, note)
                state.withLock { state in
                    state.blocked = blocked
                    if let current = state.current, blocked[current.dataset] != nil { current.drain.request() }
                }
                notify(.verdictsChanged(blocked: blocked))
            }
        } catch  where error is CancellationError && Task.isCancelled {
            // The run has ended while it was being asked: nobody waits for the answer.
        } catch {
            let reason = (error as? VigilSilence)?.description ?? String(describing: error)
            state.withLock { state in
                state.failure = reason
                state.current?.drain.request()
            }
            notify(.unjudged(reason))
        }
        let waiters = state.withLock { state in
            state.isAsking = false
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Waits until no answer is awaited: no object begins between the question and what follows from the answer.
    func settled() async {
        guard state.withLock({ $0.isAsking }) else { return }
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                if state.isAsking { state.waiters.append(continuation) }
                return !state.isAsking
            }
            if isOver { continuation.resume() }
        }
    }

    /// What `dataset` may do by the last answer.
    func standing(of dataset: String) -> Standing {
        state.withLock { state in
            if let failure = state.failure { return .unjudged(failure) }
            return state.blocked[dataset].map(Standing.blocked) ?? .clear
        }
    }

    /// Why `dataset` must not go on, once the answer that is awaited is in; nil where it may.
    func stop(of dataset: String) async -> Worker.Outcome.Stop? {
        await settled()
        switch standing(of: dataset) {
        case .clear: return nil
        case .blocked(let rules): return .blockedByPolicy(rules)
        case .unjudged(let reason): return .unjudged(reason)
        }
    }

    /// `dataset` begins; `drain` stops it where it is blocked later.
    func begin(_ dataset: String, _ drain: Drain) {
        state.withLock { $0.current = (dataset, drain) }
    }

    /// The answer, or an error within the patience. A judge that never returns is left behind.
    private func answer() async throws -> Vigil.Finding {
        let (vigil, once) = (vigil, FirstAnswer())
        let limit = Task {
            guard (try? await Task.sleep(for: vigil.patience)) != nil else { return }
            once.give(.failure(VigilSilence()))
        }
        let asking = Task {
            do { once.give(.success(try await vigil.judge())) } catch { once.give(.failure(error)) }
        }
        defer {
            limit.cancel()
            asking.cancel()
        }
        return try await withTaskCancellationHandler {
            try await once.value().get()
        } onCancel: {
            once.give(.failure(CancellationError()))
        }
    }
}

/// Nobody answered.
private struct VigilSilence: Error, CustomStringConvertible {
    var description: String { "the verdicts could not be judged again in time" }
}

/// Hands the first of several answers to the one who waits.
private final class FirstAnswer: Sendable {
    typealias Answer = Result<Vigil.Finding, any Error>

    private enum State {
        case open
        case awaited(CheckedContinuation<Answer, Never>)
        case given(Answer)
        case over
    }

    private let state = Mutex(State.open)

    func give(_ answer: sending Answer) {
        let waiter = state.withLock { state -> CheckedContinuation<Answer, Never>? in
            switch state {
            case .open:
                state = .given(answer)
                return nil
            case .awaited(let continuation):
                state = .over
                return continuation
            case .given, .over: return nil
            }
        }
        waiter?.resume(returning: answer)
    }

    func value() async -> Answer {
        await withCheckedContinuation { continuation in
            let given = state.withLock { state -> Answer? in
                guard case .given(let answer) = state else {
                    state = .awaited(continuation)
                    return nil
                }
                state = .over
                return answer
            }
            if let given { continuation.resume(returning: given) }
        }
    }
}
