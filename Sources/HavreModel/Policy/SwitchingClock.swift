/// The days of a switch of providers (Data Act, regulation 2023/2854, art. 25(2)), counted from the notice.
///
/// Notice takes two months at most, the transition at most 30 days, and the data can be fetched for 30 days at least
/// from its end. A provider may ask for a longer transition with reasons, and the customer may extend it once: such days
/// come on top and are not counted here.
public struct SwitchingClock: Hashable, Sendable {
    /// Months of notice at most.
    public static let noticeMonths = 2
    /// Days of transition at most.
    public static let transitionDays = 30
    /// Days to fetch the data at least.
    public static let retrievalDays = 30

    /// The day of the notice.
    public let notice: Day

    /// Starts the clock.
    public init(notice: Day) { self.notice = notice }

    /// The day on which the transition begins at the latest.
    public var transitionBegins: Day { notice.adding(months: Self.noticeMonths) }
    /// The last day of the transition at the latest.
    public var transitionEnds: Day { transitionBegins.adding(days: Self.transitionDays) }
    /// The last day on which the data can be fetched, where the notice takes as long as it may.
    public var retrievalEnds: Day { transitionEnds.adding(days: Self.retrievalDays) }
    /// The last day on which the data can be fetched, where the contract asks for no notice at all: up to here it is
    /// sure, whatever the contract says.
    public var retrievalIsSureUntil: Day { notice.adding(days: Self.transitionDays + Self.retrievalDays) }
}
