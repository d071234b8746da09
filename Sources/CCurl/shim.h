// libcurl's variadic calls as one inline function per argument shape; nothing else lives here.
#pragma once
#include <curl/curl.h>

static inline CURLcode havre_set_long(CURL *easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode havre_set_string(CURL *easy, CURLoption option, const char *value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode havre_set_offset(CURL *easy, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode havre_set_pointer(CURL *easy, CURLoption option, void *value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode havre_set_list(CURL *easy, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode havre_on_write(CURL *easy, curl_write_callback call, void *user) {
    CURLcode code = curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, call);
    return code ? code : curl_easy_setopt(easy, CURLOPT_WRITEDATA, user);
}
static inline CURLcode havre_on_header(CURL *easy, curl_write_callback call, void *user) {
    CURLcode code = curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, call);
    return code ? code : curl_easy_setopt(easy, CURLOPT_HEADERDATA, user);
}
static inline CURLcode havre_on_read(CURL *easy, curl_read_callback call, void *user) {
    CURLcode code = curl_easy_setopt(easy, CURLOPT_READFUNCTION, call);
    return code ? code : curl_easy_setopt(easy, CURLOPT_READDATA, user);
}
static inline CURLcode havre_on_seek(CURL *easy, curl_seek_callback call, void *user) {
    CURLcode code = curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, call);
    return code ? code : curl_easy_setopt(easy, CURLOPT_SEEKDATA, user);
}
static inline CURLcode havre_on_socket_option(CURL *easy, curl_sockopt_callback call, void *user) {
    CURLcode code = curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, call);
    return code ? code : curl_easy_setopt(easy, CURLOPT_SOCKOPTDATA, user);
}
static inline CURLcode havre_on_open_socket(CURL *easy, curl_opensocket_callback call, void *user) {
    CURLcode code = curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, call);
    return code ? code : curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, user);
}
static inline CURLcode havre_on_close_socket(CURL *easy, curl_closesocket_callback call, void *user) {
    CURLcode code = curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, call);
    return code ? code : curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, user);
}
static inline CURLcode havre_on_request(CURL *easy, curl_prereq_callback call, void *user) {
    CURLcode code = curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, call);
    return code ? code : curl_easy_setopt(easy, CURLOPT_PREREQDATA, user);
}
// The transfer's `SSL *`; NULL without TLS or over another library than OpenSSL.
static inline void *havre_openssl_session(CURL *easy) {
    struct curl_tlssessioninfo *info = NULL;
    CURLcode code = curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &info);
    return code || !info || info->backend != CURLSSLBACKEND_OPENSSL ? NULL : info->internals;
}
static inline CURLcode havre_get_long(CURL *easy, CURLINFO info, long *value) {
    return curl_easy_getinfo(easy, info, value);
}
static inline CURLcode havre_get_pointer(CURL *easy, CURLINFO info, char **value) {
    return curl_easy_getinfo(easy, info, value);
}
static inline CURLMcode havre_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}
static inline CURLMcode havre_multi_on_socket(CURLM *multi, curl_socket_callback call, void *user) {
    CURLMcode code = curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, call);
    return code ? code : curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, user);
}
static inline CURLMcode havre_multi_on_timer(CURLM *multi, curl_multi_timer_callback call, void *user) {
    CURLMcode code = curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, call);
    return code ? code : curl_multi_setopt(multi, CURLMOPT_TIMERDATA, user);
}
