import CCurl

/// What a libcurl code means for whoever asked.
struct TransferFailure {
    let code: CURLcode
    /// Whether any byte of the request left: from then on a write may have been carried out.
    let requestLeft: Bool
    /// What a proxy answered to CONNECT; 0 without one.
    let proxyStatus: Int
    let isWrite: Bool
    let settings: HTTPClient.Settings

    /// The error for a person.
    func error(host: String, status: Int?) -> StoreError {
        if proxyStatus != 0 && !(200..<300).contains(proxyStatus) {
            return StoreError(
                .temporary, "the proxy does not connect to \(host)", status: proxyStatus)
        }
        switch code {
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS:
            return StoreError(
                .untrusted,
                "the certificate of \(host) is not trusted for that name; "
                    + (settings.caBundle == nil
                        ? "where the host has its own authority, name its file as caBundle"
                        : "does the caBundle hold the authority that signed it?"))
        case CURLE_SSL_CACERT_BADFILE:
            return StoreError(.untrusted, "the CA bundle \(settings.caBundle ?? "of the system") cannot be read")
        case CURLE_SSL_CONNECT_ERROR:
            // A balancer that is restarted looks like this in the middle of a handshake.
            return StoreError(.temporary, "no TLS connection with \(host): \(words)")
        case CURLE_SSL_CIPHER, CURLE_SSL_ENGINE_NOTFOUND, CURLE_USE_SSL_FAILED:
            return StoreError(.untrusted, "no TLS connection with \(host): \(words)")
        case CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING, CURLE_HTTP2,
            CURLE_UNSUPPORTED_PROTOCOL where requestLeft:
            return afterwards("\(host) does not answer in HTTP: \(words)", status, .protocolViolation)
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL, CURLE_BAD_FUNCTION_ARGUMENT, CURLE_UNKNOWN_OPTION,
            CURLE_NOT_BUILT_IN, CURLE_FAILED_INIT:
            return StoreError(.refused, "the request to \(host) cannot be made: \(words)")
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY:
            return StoreError(.temporary, "the host \(host) is not found; check the endpoint's name and the resolver")
        case CURLE_COULDNT_CONNECT:
            return StoreError(.temporary, "no connection with \(host); is it up, does a firewall stand between?")
        case CURLE_OPERATION_TIMEDOUT where !requestLeft:
            return StoreError(
                .temporary, "\(host) did not accept a connection within \(Int(settings.connectTimeout)) s")
        case CURLE_OPERATION_TIMEDOUT:
            return afterwards("\(host) sent and took nothing for \(Int(settings.stallTimeout)) s", status)
        case CURLE_PARTIAL_FILE:
            return afterwards("the answer of \(host) ended before its announced length", status)
        default:
            return requestLeft
                ? afterwards("the connection with \(host) broke: \(words)", status)
                : StoreError(.temporary, "no request reached \(host): \(words)")
        }
    }

    private func afterwards(_ message: String, _ status: Int?, _ otherwise: StoreError.Code = .temporary)
        -> StoreError
    {
        isWrite
            ? StoreError(.ambiguous, message + "; whether the write was carried out is not known", status: status)
            : StoreError(otherwise, message, status: status)
    }

    private var words: String { String(cString: curl_easy_strerror(code)) + " (libcurl \(code.rawValue))" }
}
