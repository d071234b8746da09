import CCurl
import CPosix
import Glibc

/// The reactor's sockets: one `epoll` and one `curl_multi`, driven by `curl_multi_socket_action`.
/// Everything here happens on the reactor's thread.
final class TransferLoop {
    /// What is known of a descriptor.
    private struct Watch {
        /// What `epoll` watches; 0 is nothing.
        var registered: UInt32 = 0
        /// What libcurl wants to hear of; 0 is nothing.
        var wanted: UInt32 = 0
        /// A connection that we see opened and closed. Between two transfers it stays registered,
        /// which saves two system calls a request.
        var isConnection = false
    }

    private let poller: Int32
    private let wakeup: Int32
    private let multi: UnsafeMutableRawPointer
    private var watches: [Watch] = []
    private var events = [epoll_event](repeating: epoll_event(), count: 64)
    /// When libcurl wants to be called, nanoseconds of the monotonic clock.
    private var deadline: UInt64?
    private var active: [UnsafeMutableRawPointer: EasyHandle] = [:]
    private var idle: [EasyHandle] = []
    private var peak = 8
    private(set) var isClosed = false

    init(wakeup: Int32) throws(StoreError) {
        self.wakeup = wakeup
        try CurlGlobal.start()
        poller = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard poller >= 0, let multi = curl_multi_init() else {
            if poller >= 0 { Glibc.close(poller) }
            throw StoreError(.temporary, "the system gives no epoll descriptor; raise the limit of open files")
        }
        self.multi = multi
        var event = epoll_event(events: EPOLLIN.rawValue, data: epoll_data_t(fd: wakeup))
        epoll_ctl(poller, EPOLL_CTL_ADD, wakeup, &event)
        let user = Unmanaged.passUnretained(self).toOpaque()
        _ = havre_multi_on_socket(multi, socketChanged, user)
        _ = havre_multi_on_timer(multi, timerChanged, user)
        _ = havre_multi_set_long(multi, CURLMOPT_PIPELINING, 0)
        _ = havre_multi_set_long(multi, CURLMOPT_MAXCONNECTS, 2 * peak)
    }

    // MARK: Transfers

    /// A handle that is not in use.
    func takeHandle() throws(StoreError) -> EasyHandle {
        if let handle = idle.popLast() { return handle }
        return try EasyHandle(loop: self)
    }

    /// Gives a handle back.
    func returnHandle(_ handle: EasyHandle) {
        if idle.count < 256 && !isClosed { idle.append(handle) }
    }

    /// Begins a transfer that is set up; `finish` is called on the handle when it ends.
    func start(_ easy: EasyHandle) {
        active[easy.curl] = easy
        if active.count > peak {
            // Keep-alive for twice the transfers seen at once, so that source and target never evict each other.
            peak = active.count
            _ = havre_multi_set_long(multi, CURLMOPT_MAXCONNECTS, 2 * peak)
        }
        if curl_multi_add_handle(multi, easy.curl) != CURLM_OK {
            active[easy.curl] = nil
            easy.finish(CURLE_FAILED_INIT)
        }
    }

    /// Ends a transfer before its time.
    func cancel(_ easy: EasyHandle) {
        guard let easy = active.removeValue(forKey: easy.curl) else { return }
        curl_multi_remove_handle(multi, easy.curl)
        easy.finish(CURLE_ABORTED_BY_CALLBACK)
    }

    /// Ends all of them.
    func cancelAll() {
        for easy in Array(active.values) {
            easy.markCancelled()
            cancel(easy)
        }
    }

    private func reap() {
        var queued: Int32 = 0
        while let message = curl_multi_info_read(multi, &queued) {
            guard message.pointee.msg == CURLMSG_DONE, let curl = message.pointee.easy_handle else { continue }
            // Removing the handle makes the message invalid.
            let result = message.pointee.data.result
            curl_multi_remove_handle(multi, curl)
            active.removeValue(forKey: curl)?.finish(result)
        }
    }

    /// Frees everything. No transfer may be under way.
    func close() {
        isClosed = true
        idle.removeAll()
        curl_multi_cleanup(multi)
        Glibc.close(poller)
    }

    // MARK: Waiting

    /// How long to wait at most: until libcurl's deadline or `timer`; -1 is for ever.
    func milliseconds(until timer: UInt64?) -> Int32 {
        guard let next = [deadline, timer].compactMap({ $0 }).min() else { return -1 }
        let now = Reactor.now()
        return next <= now ? 0 : Int32(clamping: (next - now + 999_999) / 1_000_000)
    }

    /// Waits for sockets and serves them, then libcurl's timer.
    func poll(milliseconds: Int32) {
        let count = events.withUnsafeMutableBufferPointer {
            epoll_wait(poller, $0.baseAddress, Int32($0.count), milliseconds)
        }
        var served = false
        for index in 0..<max(0, Int(count)) {
            let event = events[index]
            if event.data.fd == wakeup {
                var value: eventfd_t = 0
                eventfd_read(wakeup, &value)
            } else if serve(event.data.fd, event.events) {
                served = true
            }
        }
        if let due = deadline, due <= Reactor.now() {
            // One-shot: cleared first, or the loop would spin on it.
            deadline = nil
            var running: Int32 = 0
            curl_multi_socket_action(multi, -1, 0, &running)
            served = true
        }
        if served { reap() }
    }

    private func serve(_ descriptor: Int32, _ events: UInt32) -> Bool {
        let index = Int(descriptor)
        guard index < watches.count, watches[index].wanted != 0 else {
            // An idle connection that the peer closed: libcurl notices when it next wants to use it.
            unwatch(descriptor)
            return false
        }
        var mask: Int32 = 0
        if events & (EPOLLIN.rawValue | EPOLLHUP.rawValue) != 0 { mask |= CURL_CSELECT_IN }
        if events & EPOLLOUT.rawValue != 0 { mask |= CURL_CSELECT_OUT }
        if events & EPOLLERR.rawValue != 0 { mask |= CURL_CSELECT_ERR }
        var running: Int32 = 0
        curl_multi_socket_action(multi, descriptor, mask, &running)
        return true
    }

    // MARK: What libcurl tells

    fileprivate func want(_ descriptor: Int32, _ what: Int32) {
        let index = Int(descriptor)
        if index >= watches.count {
            watches.append(contentsOf: repeatElement(Watch(), count: index + 16 - watches.count))
        }
        var wanted: UInt32 = 0
        if what == CURL_POLL_IN || what == CURL_POLL_INOUT { wanted |= EPOLLIN.rawValue }
        if what == CURL_POLL_OUT || what == CURL_POLL_INOUT { wanted |= EPOLLOUT.rawValue }
        watches[index].wanted = wanted
        let watch = watches[index]
        if wanted == 0 {
            if !watch.isConnection { unwatch(descriptor) }
            return
        }
        if watch.registered == wanted && watch.isConnection { return }
        var event = epoll_event(events: wanted, data: epoll_data_t(fd: descriptor))
        let first = watch.registered == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD
        if epoll_ctl(poller, first, descriptor, &event) != 0 {
            epoll_ctl(poller, first == EPOLL_CTL_ADD ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, descriptor, &event)
        }
        watches[index].registered = wanted
    }

    private func unwatch(_ descriptor: Int32) {
        var event = epoll_event()
        epoll_ctl(poller, EPOLL_CTL_DEL, descriptor, &event)
        if Int(descriptor) < watches.count { watches[Int(descriptor)].registered = 0 }
    }

    /// A connection was opened.
    func opened(_ descriptor: Int32) {
        let index = Int(descriptor)
        if index >= watches.count {
            watches.append(contentsOf: repeatElement(Watch(), count: index + 16 - watches.count))
        }
        watches[index] = Watch(isConnection: true)
    }

    /// Closes a connection for libcurl.
    func closed(_ descriptor: Int32) -> Int32 {
        if Int(descriptor) < watches.count { watches[Int(descriptor)] = Watch() }
        return Glibc.close(descriptor)
    }

    fileprivate func wait(milliseconds: Int) {
        deadline = milliseconds < 0 ? nil : Reactor.now() + UInt64(milliseconds) * 1_000_000
    }
}

private func socketChanged(
    _ easy: UnsafeMutableRawPointer?, _ descriptor: curl_socket_t, _ what: Int32, _ user: UnsafeMutableRawPointer?,
    _ socket: UnsafeMutableRawPointer?
) -> Int32 {
    guard let user else { return 0 }
    Unmanaged<TransferLoop>.fromOpaque(user).takeUnretainedValue().want(descriptor, what)
    return 0
}

private func timerChanged(_ multi: UnsafeMutableRawPointer?, _ milliseconds: Int, _ user: UnsafeMutableRawPointer?)
    -> Int32
{
    guard let user else { return 0 }
    Unmanaged<TransferLoop>.fromOpaque(user).takeUnretainedValue().wait(milliseconds: milliseconds)
    return 0
}

/// libcurl's own start, once in a process.
enum CurlGlobal {
    private static let outcome = curl_global_init(Int(CURL_GLOBAL_DEFAULT))

    static func start() throws(StoreError) {
        guard outcome == CURLE_OK else {
            throw StoreError(.temporary, "libcurl does not start (code \(outcome.rawValue)); is memory short?")
        }
    }
}
