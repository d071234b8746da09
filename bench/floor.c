/* The floor: the least work that a re-encrypting copy must do, as the measure for everything above it.

   COUNT times: GET SIZE bytes of a source object, hash them with SHA-256, seal them in 64 KiB chunks with
   ChaCha20-Poly1305, PUT the result. One thread, one curl_multi; no signing, no journal, no retry, no listing.
   It reads object K / PER at offset SIZE * (K mod PER), where PER parts make one object.

   usage: floor SOURCE_URL SINK_URL COUNT SIZE PER CONCURRENCY [CA_FILE]
          GETs SOURCE_URL<number>, PUTs SINK_URL<K>; the number has seven digits
   prints {"count":..,"bytes":..} on success; the caller measures CPU and memory from outside
   build: cc -O2 floor.c -o floor -lcurl -lcrypto */
#include <curl/curl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK ((size_t)65536)
#define TAG ((size_t)16)

/* One slot: an object or part on its way through. */
struct slot {
    CURL *easy;
    EVP_CIPHER_CTX *cipher;
    EVP_MD_CTX *digest;
    unsigned char *sealed;
    size_t plain, length, sent; /* bytes received, sealed bytes made, sealed bytes sent */
    long job;
    int sending;
};

static struct job {
    const char *source, *sink, *authority;
    long count, per, begun, done;
    size_t size;
} work;
static CURLM *multi;
static struct curl_slist *headers;

static void fail(const char *what, const char *why) {
    fprintf(stderr, "floor: %s: %s\n", what, why);
    exit(1);
}

static void open_chunk(struct slot *s) {
    unsigned char nonce[12] = {0};
    unsigned long number = s->plain / CHUNK;
    for (int i = 0; i < 8; i++) nonce[10 - i] = (unsigned char)(number >> (8 * i));
    nonce[11] = s->plain + CHUNK >= work.size;
    EVP_EncryptInit_ex(s->cipher, NULL, NULL, NULL, nonce);
}

static void close_chunk(struct slot *s) {
    int none = 0;
    EVP_EncryptFinal_ex(s->cipher, s->sealed + s->length, &none);
    EVP_CIPHER_CTX_ctrl(s->cipher, EVP_CTRL_AEAD_GET_TAG, (int)TAG, s->sealed + s->length);
    s->length += TAG;
}

/* Hashes and seals what arrives, in place of a copy. */
static size_t on_bytes(char *bytes, size_t one, size_t n, void *user) {
    struct slot *s = user;
    size_t left = one * n;
    if (s->plain + left > work.size) return 0;
    EVP_DigestUpdate(s->digest, bytes, left);
    for (size_t take; left > 0; left -= take, bytes += take) {
        size_t inside = s->plain % CHUNK;
        int made = 0;
        take = CHUNK - inside < left ? CHUNK - inside : left;
        if (inside == 0) open_chunk(s);
        EVP_EncryptUpdate(s->cipher, s->sealed + s->length, &made, (unsigned char *)bytes, (int)take);
        s->length += (size_t)made;
        s->plain += take;
        if (s->plain % CHUNK == 0 || s->plain == work.size) close_chunk(s);
    }
    return one * n;
}

static size_t on_room(char *room, size_t one, size_t n, void *user) {
    struct slot *s = user;
    size_t take = s->length - s->sent < one * n ? s->length - s->sent : one * n;
    memcpy(room, s->sealed + s->sent, take);
    s->sent += take;
    return take;
}

static size_t on_answer(char *bytes, size_t one, size_t n, void *user) {
    (void)bytes, (void)user;
    return one * n;
}

static void prepare(struct slot *s, const char *url) {
    curl_easy_reset(s->easy);
    curl_easy_setopt(s->easy, CURLOPT_URL, url);
    curl_easy_setopt(s->easy, CURLOPT_PRIVATE, s);
    curl_easy_setopt(s->easy, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(s->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(s->easy, CURLOPT_PROXY, "");
    if (work.authority) curl_easy_setopt(s->easy, CURLOPT_CAINFO, work.authority);
}

static void receive_next(struct slot *s) {
    char url[1024], range[64];
    unsigned long long start;
    if (work.begun == work.count) return;
    s->job = work.begun++;
    s->plain = s->length = s->sent = 0;
    s->sending = 0;
    start = (unsigned long long)(s->job % work.per) * work.size;
    snprintf(url, sizeof url, "%s%07ld", work.source, s->job / work.per);
    snprintf(range, sizeof range, "%llu-%llu", start, start + work.size - 1);
    prepare(s, url);
    if (work.per > 1) curl_easy_setopt(s->easy, CURLOPT_RANGE, range);
    curl_easy_setopt(s->easy, CURLOPT_BUFFERSIZE, 524288L);
    curl_easy_setopt(s->easy, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt(s->easy, CURLOPT_WRITEDATA, s);
    EVP_DigestInit_ex(s->digest, EVP_sha256(), NULL);
    curl_multi_add_handle(multi, s->easy);
}

static void send_sealed(struct slot *s) {
    char url[1024];
    unsigned char sum[EVP_MAX_MD_SIZE];
    if (s->plain != work.size) fail("short answer", "a source object is smaller than asked for");
    EVP_DigestFinal_ex(s->digest, sum, NULL);
    s->sending = 1;
    snprintf(url, sizeof url, "%s%07ld", work.sink, s->job);
    prepare(s, url);
    curl_easy_setopt(s->easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(s->easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)s->length);
    curl_easy_setopt(s->easy, CURLOPT_UPLOAD_BUFFERSIZE, 1048576L);
    curl_easy_setopt(s->easy, CURLOPT_READFUNCTION, on_room);
    curl_easy_setopt(s->easy, CURLOPT_READDATA, s);
    curl_easy_setopt(s->easy, CURLOPT_WRITEFUNCTION, on_answer);
    curl_easy_setopt(s->easy, CURLOPT_HTTPHEADER, headers);
    curl_multi_add_handle(multi, s->easy);
}

int main(int argc, char **argv) {
    const unsigned char key[32] = {7};
    if (argc != 7 && argc != 8) {
        fprintf(stderr, "usage: floor SOURCE_URL SINK_URL COUNT SIZE PER CONCURRENCY [CA_FILE]\n");
        return 64;
    }
    work.source = argv[1];
    work.sink = argv[2];
    work.count = atol(argv[3]);
    work.size = (size_t)atoll(argv[4]);
    work.per = atol(argv[5]);
    work.authority = argc == 8 ? argv[7] : NULL;
    long concurrency = atol(argv[6]);
    if (work.count < 1 || work.size < 1 || work.per < 1 || concurrency < 1) fail("arguments", "expected numbers above 0");
    curl_global_init(CURL_GLOBAL_DEFAULT);
    multi = curl_multi_init();
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, 2 * concurrency);
    headers = curl_slist_append(NULL, "Expect:");
    for (long i = 0; i < concurrency && i < work.count; i++) {
        struct slot *s = calloc(1, sizeof *s);
        if (!s || !(s->sealed = malloc(work.size + (work.size / CHUNK + 1) * TAG))) fail("memory", "none left");
        s->easy = curl_easy_init();
        s->digest = EVP_MD_CTX_new();
        s->cipher = EVP_CIPHER_CTX_new();
        EVP_EncryptInit_ex(s->cipher, EVP_chacha20_poly1305(), NULL, key, NULL);
        receive_next(s);
    }
    while (work.done < work.count) {
        int running, queued, moved = 0;
        CURLMsg *message;
        curl_multi_perform(multi, &running);
        while ((message = curl_multi_info_read(multi, &queued))) {
            struct slot *s = NULL;
            CURLcode result = message->data.result;
            if (message->msg != CURLMSG_DONE) continue;
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&s);
            if (result != CURLE_OK) fail(s->sending ? "PUT" : "GET", curl_easy_strerror(result));
            curl_multi_remove_handle(multi, s->easy);
            moved = 1;
            if (!s->sending) {
                send_sealed(s);
            } else {
                work.done++;
                receive_next(s);
            }
        }
        if (!moved) curl_multi_poll(multi, NULL, 0, 200, NULL);
    }
    printf("{\"count\":%ld,\"bytes\":%llu}\n", work.done, (unsigned long long)work.done * work.size);
    return 0;
}
