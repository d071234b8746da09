import CCurl
import CPosix
import Glibc
import HavreCrypto

/// One libcurl easy handle, pooled by its reactor, and the callbacks that lead from C to the transfer under way.
/// Touched on the reactor's thread only.
final class EasyHandle {
    let curl: UnsafeMutableRawPointer
    /// The loop outlives its handles.
    private unowned let loop: TransferLoop
    fileprivate var transfer: Transfer?
    private var lines = HeaderLines()
    /// What the options that stay between requests are set for.
    private var basis: Basis?
    /// Names whose addresses the settings state; libcurl reads the list whenever a transfer begins.
    private var resolved: UnsafeMutablePointer<curl_slist>?

    private struct Basis: Equatable {
        var settings: HTTPClient.Settings
        var isSecure: Bool
        var isDirect: Bool
    }

    init(loop: TransferLoop) throws(StoreError) {
        guard let curl = curl_easy_init() else {
            throw StoreError(.temporary, "libcurl gives no handle; is memory short?")
        }
        self.curl = curl
        self.loop = loop
    }

    deinit {
        curl_easy_cleanup(curl)
        curl_slist_free_all(resolved)
    }

    func markCancelled() { transfer?.isCancelled = true }

    /// Sets up and begins `transfer`.
    func start(_ transfer: Transfer) {
        self.transfer = transfer
        let endpoint = transfer.request.endpoint
        let basis = Basis(
            settings: transfer.settings, isSecure: endpoint.isSecure, isDirect: endpoint.goesDirect)
        var code = CURLE_OK
        if self.basis != basis {
            curl_easy_reset(curl)
            code = setBasis(basis)
            self.basis = code == CURLE_OK ? basis : nil
        }
        if code == CURLE_OK { code = configure(transfer) }
        if code == CURLE_OK { loop.start(self) } else { finish(code) }
    }

    func cancel() { loop.cancel(self) }

    /// The transfer is over, well or badly.
    func finish(_ code: CURLcode) {
        guard let transfer else { return }
        self.transfer = nil
        var sent = 0
        var proxyStatus = 0
        _ = havre_get_long(curl, CURLINFO_REQUEST_SIZE, &sent)
        _ = havre_get_long(curl, CURLINFO_HTTP_CONNECTCODE, &proxyStatus)
        if transfer.request.holdsSecret { lines.wipe() }
        // After a failure libcurl may leave state behind that outlives `curl_easy_reset` (seen in 7.88 when a proxy
        // refuses a PUT): such a handle is not used again.
        if code == CURLE_OK { loop.returnHandle(self) }
        transfer.finish(code, requestLeft: sent > 0, proxyStatus: proxyStatus)
    }

    /// Options that are the same for all requests with these settings to an endpoint of this kind.
    private func setBasis(_ basis: Basis) -> CURLcode {
        let user = Unmanaged.passUnretained(self).toOpaque()
        let settings = basis.settings
        var code = CURLE_OK
        func long(_ option: CURLoption, _ value: Int) {
            if code == CURLE_OK { code = havre_set_long(curl, option, value) }
        }
        func string(_ option: CURLoption, _ value: String) {
            if code == CURLE_OK { code = havre_set_string(curl, option, value) }
        }
        func all(_ codes: CURLcode...) {
            for each in codes where code == CURLE_OK { code = each }
        }
        long(CURLOPT_NOSIGNAL, 1)
        long(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
        long(CURLOPT_PATH_AS_IS, 1)
        long(CURLOPT_FOLLOWLOCATION, 0)
        long(CURLOPT_BUFFERSIZE, 512 << 10)
        long(CURLOPT_UPLOAD_BUFFERSIZE, 1 << 20)
        long(CURLOPT_TCP_KEEPALIVE, 1)
        long(CURLOPT_HTTP_CONTENT_DECODING, 0)
        long(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        long(CURLOPT_CONNECTTIMEOUT_MS, Int(settings.connectTimeout * 1000))
        long(CURLOPT_LOW_SPEED_LIMIT, 1)
        string(CURLOPT_PROTOCOLS_STR, basis.isSecure ? "https" : "http")
        string(CURLOPT_REDIR_PROTOCOLS_STR, "https")
        long(CURLOPT_SSL_VERIFYPEER, 1)
        long(CURLOPT_SSL_VERIFYHOST, 2)
        long(CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2)
        if let bundle = settings.caBundle {
            string(CURLOPT_CAINFO, bundle)
            all(havre_set_string(curl, CURLOPT_CAPATH, nil))
        }
        // An empty string, unlike none, makes libcurl ignore the environment's proxies.
        string(CURLOPT_PROXY, basis.isDirect ? "" : settings.proxy ?? "")
        string(CURLOPT_NOPROXY, "")
        curl_slist_free_all(resolved)
        resolved = settings.resolved.reduce(nil) { curl_slist_append($0, $1) }
        if let resolved { all(havre_set_list(curl, CURLOPT_RESOLVE, resolved)) }
        all(
            havre_on_socket_option(curl, socketOpened, user),
            havre_on_open_socket(curl, openSocket, user),
            havre_on_close_socket(curl, socketClosed, Unmanaged.passUnretained(loop).toOpaque()),
            havre_on_request(curl, requestBegins, user),
            havre_on_header(curl, headerArrived, user),
            havre_on_write(curl, bytesArrived, user),
            havre_on_read(curl, bytesWanted, user),
            havre_on_seek(curl, bodyRewound, user))
        return code
    }

    /// Options of one request. The method's option undoes those of the method before it.
    private func configure(_ transfer: Transfer) -> CURLcode {
        let request = transfer.request
        var code = request.url.withUnsafeBytes {
            havre_set_string(curl, CURLOPT_URL, $0.baseAddress?.assumingMemoryBound(to: CChar.self))
        }
        func then(_ next: CURLcode) { if code == CURLE_OK { code = next } }
        let stall = request.stallTimeout ?? transfer.settings.stallTimeout
        then(havre_set_long(curl, CURLOPT_LOW_SPEED_TIME, max(1, Int(stall))))
        switch request.method {
        case .get, .delete: then(havre_set_long(curl, CURLOPT_HTTPGET, 1))
        case .head:
            // Without the first, HEAD behind PUT would still upload.
            then(havre_set_long(curl, CURLOPT_HTTPGET, 1))
            then(havre_set_long(curl, CURLOPT_NOBODY, 1))
        case .put, .post:
            then(havre_set_long(curl, CURLOPT_UPLOAD, 1))
            then(havre_set_offset(curl, CURLOPT_INFILESIZE_LARGE, curl_off_t(request.body.count)))
        }
        // On a connection that the server had closed meanwhile libcurl would send a POST a second time by itself; the
        // first may have opened an upload.
        then(havre_set_long(curl, CURLOPT_FRESH_CONNECT, request.method == .post ? 1 : 0))
        switch request.method {
        case .delete: then(havre_set_string(curl, CURLOPT_CUSTOMREQUEST, "DELETE"))
        case .post: then(havre_set_string(curl, CURLOPT_CUSTOMREQUEST, "POST"))
        case .get, .head, .put: then(havre_set_string(curl, CURLOPT_CUSTOMREQUEST, nil))
        }
        guard code == CURLE_OK else { return code }
        return havre_set_list(curl, CURLOPT_HTTPHEADER, lines.set(request.headers))
    }
}

// MARK: Callbacks, on the reactor's thread

private func transfer(_ user: UnsafeMutableRawPointer?) -> Transfer? {
    user.flatMap { Unmanaged<EasyHandle>.fromOpaque($0).takeUnretainedValue().transfer }
}

private func headerArrived(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ user: UnsafeMutableRawPointer?
) -> Int {
    guard let bytes, let transfer = transfer(user) else { return 0 }
    let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
    return transfer.receiveHeader(line) ? size * count : 0
}

private func bytesArrived(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ user: UnsafeMutableRawPointer?
) -> Int {
    guard let bytes, let transfer = transfer(user) else { return 0 }
    // Fewer than offered ends the transfer with CURLE_WRITE_ERROR.
    return transfer.receive(UnsafeRawBufferPointer(start: bytes, count: size * count)) ? size * count : 0
}

private func bytesWanted(
    _ buffer: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ user: UnsafeMutableRawPointer?
) -> Int {
    guard let buffer, let transfer = transfer(user) else { return Int(CURL_READFUNC_ABORT) }
    return transfer.provide(UnsafeMutableRawBufferPointer(start: buffer, count: size * count))
        ?? Int(CURL_READFUNC_ABORT)
}

private func bodyRewound(_ user: UnsafeMutableRawPointer?, _ offset: curl_off_t, _ origin: Int32) -> Int32 {
    guard let transfer = transfer(user), origin == SEEK_SET, transfer.rewind(to: Int(offset)) else {
        return Int32(CURL_SEEKFUNC_FAIL)
    }
    return Int32(CURL_SEEKFUNC_OK)
}

private func openSocket(
    _ user: UnsafeMutableRawPointer?, _ purpose: curlsocktype, _ address: UnsafeMutablePointer<curl_sockaddr>?
) -> curl_socket_t {
    guard let address, let transfer = transfer(user) else { return -1 }
    let allowed = withUnsafePointer(to: &address.pointee.addr) { transfer.allows($0) }
    guard allowed else { return -1 }
    return socket(
        address.pointee.family, address.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue), address.pointee.protocol)
}

/// Behind connection, proxy and TLS handshake, before the first byte of the request.
private func requestBegins(
    _ user: UnsafeMutableRawPointer?, _ address: UnsafeMutablePointer<CChar>?, _ local: UnsafeMutablePointer<CChar>?,
    _ port: Int32, _ localPort: Int32
) -> Int32 {
    guard let user, let address else { return CURL_PREREQFUNC_ABORT }
    let easy = Unmanaged<EasyHandle>.fromOpaque(user).takeUnretainedValue()
    guard let transfer = easy.transfer, transfer.begins(at: address, tls: { easy.tls }) else {
        return CURL_PREREQFUNC_ABORT
    }
    return CURL_PREREQFUNC_OK
}

private func socketOpened(_ user: UnsafeMutableRawPointer?, _ descriptor: curl_socket_t, _ purpose: curlsocktype)
    -> Int32
{
    guard let user else { return Int32(CURL_SOCKOPT_ERROR) }
    // Large kernel buffers save 5 to 11 % of the CPU a GiB; the kernel may clamp them.
    var size: Int32 = 4 << 20
    setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
    setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<Int32>.size))
    Unmanaged<EasyHandle>.fromOpaque(user).takeUnretainedValue().opened(descriptor)
    return Int32(CURL_SOCKOPT_OK)
}

private func socketClosed(_ user: UnsafeMutableRawPointer?, _ descriptor: curl_socket_t) -> Int32 {
    guard let user else { return close(descriptor) }
    return Unmanaged<TransferLoop>.fromOpaque(user).takeUnretainedValue().closed(descriptor)
}

extension EasyHandle {
    fileprivate func opened(_ descriptor: Int32) { loop.opened(descriptor) }

    /// What was agreed on with the peer; nil in clear, and where libcurl was built over something else than OpenSSL.
    fileprivate var tls: TLSSession? {
        guard transfer?.request.endpoint.isSecure == true, let session = havre_openssl_session(curl) else { return nil }
        return TLSSession(openSSL: session)
    }
}
