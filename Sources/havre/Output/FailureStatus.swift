import HavreCrypto
import HavreEngine
import HavreJournal
import HavreModel
import HavreStores

/// The exit status of an error of the modules below, for a command that lets it through.
extension CommandFailure {
    /// Takes an error over with its words; nil where it is none of Havre's own.
    init?(of error: any Error) {
        switch error {
        case let failure as CommandFailure: self = failure
        case let error as PlanFileError: self.init(error)
        case let error as AssumptionError: self.init(error)
        case let error as JournalError: self.init(Self.status(error.code), error.message)
        case let error as EngineError: self.init(Self.status(error.code), error.message)
        case let error as CryptoError: self.init(Self.status(error.code), error.message)
        case let error as StoreError: self.init(store: error)
        default: return nil
        }
    }

    private init(store error: StoreError) {
        // The store did its part; what it gave did not please the taker, whose words say more.
        if error.code == .sink, let cause = error.underlying, let inner = CommandFailure(of: cause) {
            let place = error.key.map { " (key \($0))" } ?? ""
            self.init(inner.status, inner.message + place, issues: inner.issues)
            return
        }
        self.init(Self.status(error), error.description)
    }

    private static func status(_ code: JournalError.Code) -> ExitStatus {
        switch code {
        case .locked, .fenced: .locked
        case .damaged, .tooNew, .disk, .illegal: .failed
        }
    }

    private static func status(_ code: EngineError.Code) -> ExitStatus {
        switch code {
        case .key: .key
        case .stale: .stale
        case .sourceGrew, .disk, .state, .internalFailure: .failed
        }
    }

    private static func status(_ code: CryptoError.Code) -> ExitStatus {
        code == .noMatch || code == .badKey ? .key : .failed
    }

    /// Faults pass, and what a server refuses today it may take tomorrow: run again (75), as in `apply`'s report.
    /// Where there are no credentials here, a run again would find none either.
    private static func status(_ error: StoreError) -> ExitStatus {
        if error.code == .credentials { return .key }
        if error.isOfPolicy { return .blocked }
        return error.isRetryable || error.code == .denied ? .temporary : .failed
    }
}
