/* base/err -- the one error type.
 *
 * One table is the truth: the C name, the gRPC status a client sees, the
 * machine reason of google.rpc.ErrorInfo, after how long a retry helps
 * (google.rpc.RetryInfo; 0 = it does not help), and the words.  The words are
 * fixed: an error can never carry what a person wrote.  The file is long
 * because it is that table.
 *
 * Laws
 *   1. Every error has a name, a status, a reason and words; reasons are
 *      unique, in UPPER_SNAKE_CASE and at most 63 bytes. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdint.h>

#define MUST_USE __attribute__((warn_unused_result))

/* gRPC status codes (google.rpc.Code). */
enum {
    STATUS_OK = 0,
    STATUS_CANCELLED = 1,
    STATUS_UNKNOWN = 2,
    STATUS_INVALID_ARGUMENT = 3,
    STATUS_DEADLINE_EXCEEDED = 4,
    STATUS_NOT_FOUND = 5,
    STATUS_ALREADY_EXISTS = 6,
    STATUS_PERMISSION_DENIED = 7,
    STATUS_RESOURCE_EXHAUSTED = 8,
    STATUS_FAILED_PRECONDITION = 9,
    STATUS_ABORTED = 10,
    STATUS_OUT_OF_RANGE = 11,
    STATUS_UNIMPLEMENTED = 12,
    STATUS_INTERNAL = 13,
    STATUS_UNAVAILABLE = 14,
    STATUS_DATA_LOSS = 15,
    STATUS_UNAUTHENTICATED = 16,
    STATUS_COUNT
};

/* clang-format off */
/*    name                   status                       retry_ms  reason                  text */
#define ERR_TABLE(X) \
    X(ERR_NONE,              STATUS_OK,                   0,    "OK",                    "no error") \
    /* general */ \
    X(ERR_CANCELED,          STATUS_CANCELLED,            0,    "CANCELED",              "canceled by its owner") \
    X(ERR_DEADLINE,          STATUS_DEADLINE_EXCEEDED,    0,    "DEADLINE_EXCEEDED",     "the deadline passed first") \
    X(ERR_INVALID,           STATUS_INVALID_ARGUMENT,     0,    "INVALID",               "malformed input") \
    X(ERR_FULL,              STATUS_RESOURCE_EXHAUSTED,   1000, "LIMIT_REACHED",         "a limit is reached; try again later") \
    X(ERR_NOMEM,             STATUS_RESOURCE_EXHAUSTED,   1000, "OUT_OF_MEMORY",         "out of memory") \
    X(ERR_STORE,             STATUS_UNAVAILABLE,          1000, "STORE_FAILED",          "storage is not answering; nothing was changed") \
    X(ERR_STORE_OPEN,        STATUS_UNAVAILABLE,          0,    "STORE_OPEN",            "the store's file cannot be opened, or is damaged, or is not ours") \
    X(ERR_STORE_LOCKED,      STATUS_UNAVAILABLE,          0,    "STORE_LOCKED",          "another process is using this store") \
    X(ERR_STORE_NEWER,       STATUS_UNAVAILABLE,          0,    "STORE_NEWER",           "this store was written by a newer version of the program") \
    X(ERR_STARTING,          STATUS_UNAVAILABLE,          1000, "STARTING",              "the server is starting") \
    X(ERR_DRAINING,          STATUS_UNAVAILABLE,          1000, "DRAINING",              "the server is shutting down; come back in a moment") \
    X(ERR_FENCED,            STATUS_UNAVAILABLE,          1000, "FENCED",                "another node took over; come back in a moment") \
    X(ERR_INTERNAL,          STATUS_INTERNAL,             0,    "INTERNAL",              "an error inside the server") \
    /* transport and calls */ \
    X(ERR_METHOD,            STATUS_UNIMPLEMENTED,        0,    "UNKNOWN_METHOD",        "there is no such method") \
    X(ERR_NO_SERVICE,        STATUS_NOT_FOUND,            0,    "UNKNOWN_SERVICE",       "there is no such service") \
    X(ERR_CARDINALITY,       STATUS_UNIMPLEMENTED,        0,    "MESSAGE_COUNT",         "this call takes exactly one message") \
    X(ERR_ENCODING,          STATUS_UNIMPLEMENTED,        0,    "ENCODING",              "this message encoding is not supported") \
    X(ERR_COMPRESSED,        STATUS_INTERNAL,             0,    "COMPRESSED_IDENTITY",   "a message is marked compressed but no encoding was named") \
    X(ERR_PROTO,             STATUS_INTERNAL,             0,    "MALFORMED_MESSAGE",     "the message is not valid protobuf for this call") \
    X(ERR_JSON,              STATUS_INVALID_ARGUMENT,     0,    "MALFORMED_JSON",        "the message is not valid JSON") \
    X(ERR_JSON_FIELD,        STATUS_INVALID_ARGUMENT,     0,    "JSON_FIELD",            "the JSON has a field that this message does not have, or has one twice") \
    X(ERR_JSON_VALUE,        STATUS_INVALID_ARGUMENT,     0,    "JSON_VALUE",            "a value in the JSON does not fit its field") \
    X(ERR_FRAME,             STATUS_INTERNAL,             0,    "MALFORMED_FRAME",       "the message frame is cut short or malformed") \
    X(ERR_TOO_LARGE,         STATUS_RESOURCE_EXHAUSTED,   0,    "MESSAGE_TOO_LARGE",     "the message is larger than this call allows") \
    X(ERR_BUDGET,            STATUS_RESOURCE_EXHAUSTED,   0,    "MESSAGE_TOO_COMPLEX",   "the message has more parts than this call allows") \
    X(ERR_REPLACED,          STATUS_ABORTED,              0,    "REPLACED",              "a newer stream of yours took this one's place") \
    X(ERR_SLOW_READER,       STATUS_RESOURCE_EXHAUSTED,   1000, "SLOW_READER",           "the stream was not read for too long") \
    X(ERR_CONNECTION,        STATUS_UNAVAILABLE,          1000, "CONNECTION_LOST",       "the connection was lost") \
    X(ERR_PROTOCOL,          STATUS_UNAVAILABLE,          0,    "PROTOCOL",              "the peer does not keep to the protocol") \
    X(ERR_ABUSE,             STATUS_RESOURCE_EXHAUSTED,   1000, "TOO_MUCH",              "too much was asked of one connection") \
    X(ERR_UNREACHABLE,       STATUS_UNAVAILABLE,          1000, "UNREACHABLE",           "nobody answers at this address") \
    X(ERR_HANDSHAKE,         STATUS_UNAVAILABLE,          0,    "TLS_HANDSHAKE",         "no secure connection could be agreed on") \
    X(ERR_UNTRUSTED,         STATUS_UNAVAILABLE,          0,    "CERTIFICATE_UNTRUSTED", "the certificate of the other side is not to be trusted, or names another") \
    /* the start of a program */ \
    X(ERR_ADDRESS,           STATUS_INVALID_ARGUMENT,     0,    "ADDRESS",               "the address is not HOST:PORT, [IPV6]:PORT or unix:PATH, or its host is unknown, or is not this machine") \
    X(ERR_ADDRESS_BUSY,      STATUS_UNAVAILABLE,          1000, "ADDRESS_BUSY",          "another process listens on this address already") \
    X(ERR_ADDRESS_DENIED,    STATUS_PERMISSION_DENIED,    0,    "ADDRESS_DENIED",        "there is no right to listen on this address") \
    X(ERR_CERT_FILE,         STATUS_INVALID_ARGUMENT,     0,    "CERTIFICATE_FILE",      "the certificate cannot be read, or is not PEM") \
    X(ERR_CERT_KEY,          STATUS_INVALID_ARGUMENT,     0,    "CERTIFICATE_KEY",       "the private key cannot be read, or is not PEM without a password") \
    X(ERR_CERT_KEY_OPEN,     STATUS_FAILED_PRECONDITION,  0,    "CERTIFICATE_KEY_OPEN",  "everybody may read the private key: take that right away with chmod o=") \
    X(ERR_CERT_PAIR,         STATUS_INVALID_ARGUMENT,     0,    "CERTIFICATE_PAIR",      "the private key is not that of the certificate") \
    X(ERR_CERT_WEAK,         STATUS_INVALID_ARGUMENT,     0,    "CERTIFICATE_WEAK",      "the certificate is of a kind that TLS no longer takes") \
    X(ERR_CERT_AUTHORITIES,  STATUS_INVALID_ARGUMENT,     0,    "CERTIFICATE_AUTHORITIES", "the certificates of authorities cannot be read, or there are none") \
    /* every changing call */ \
    X(ERR_KEY_MISSING,       STATUS_INVALID_ARGUMENT,     0,    "IDEMPOTENCY_KEY",       "an idempotency key of 16 bytes is required") \
    X(ERR_KEY_REUSED,        STATUS_INVALID_ARGUMENT,     0,    "IDEMPOTENCY_KEY_REUSED","this idempotency key was used with another request") \
    /* accounts */ \
    X(ERR_UNAUTHENTICATED,   STATUS_UNAUTHENTICATED,      0,    "UNAUTHENTICATED",       "log in first: the access token is missing or malformed") \
    X(ERR_TOKEN_EXPIRED,     STATUS_UNAUTHENTICATED,      0,    "TOKEN_EXPIRED",         "the access token expired; log in again") \
    X(ERR_PROOF,             STATUS_UNAUTHENTICATED,      0,    "PROOF",                 "this token wants a proof of each request, and it is missing or does not fit") \
    X(ERR_CREDENTIAL_TWICE,  STATUS_INVALID_ARGUMENT,     0,    "CREDENTIAL_TWICE",      "the access token or the proof is there twice; send one of each") \
    X(ERR_BAD_SIGNATURE,     STATUS_UNAUTHENTICATED,      0,    "BAD_SIGNATURE",         "the signature does not fit the challenge and key") \
    X(ERR_CHALLENGE,         STATUS_UNAUTHENTICATED,      0,    "CHALLENGE_EXPIRED",     "the challenge is unknown, used or expired; ask for a new one") \
    X(ERR_NOT_ENROLLED,      STATUS_UNAUTHENTICATED,      0,    "NOT_ENROLLED",          "no member is enrolled with this key") \
    X(ERR_ENROLLED,          STATUS_ALREADY_EXISTS,       0,    "ALREADY_ENROLLED",      "a member is already enrolled with this key") \
    X(ERR_ENROLL_CLOSED,     STATUS_PERMISSION_DENIED,    0,    "ENROLLMENT_CLOSED",     "enrolment needs a valid invitation here") \
    X(ERR_MEMBER_INACTIVE,   STATUS_PERMISSION_DENIED,    0,    "MEMBER_INACTIVE",       "this account is on hold or erased") \
    X(ERR_GRADE,             STATUS_PERMISSION_DENIED,    0,    "GRADE",                 "this account's grade does not allow it, or it expired") \
    X(ERR_PERMISSION,        STATUS_PERMISSION_DENIED,    0,    "PERMISSION",            "not allowed for this caller") \
    /* cards */ \
    X(ERR_CARD,              STATUS_INVALID_ARGUMENT,     0,    "CARD_INVALID",          "the card breaks a stated bound or repeats a token") \
    X(ERR_CARD_MISSING,      STATUS_FAILED_PRECONDITION,  0,    "CARD_MISSING",          "put a card for this role first") \
    X(ERR_CARD_VERSION,      STATUS_ABORTED,              0,    "CARD_VERSION",          "the card changed meanwhile; read it and try again") \
    X(ERR_RECOMPILE,         STATUS_FAILED_PRECONDITION,  0,    "RECOMPILE_CARD",        "the card's vocabulary is too old; compile it anew") \
    X(ERR_CARDS_PER_DAY,     STATUS_RESOURCE_EXHAUSTED,   3600000, "CARDS_PER_DAY",      "your cards were changed often enough for one day") \
    X(ERR_CONSENT,           STATUS_FAILED_PRECONDITION,  0,    "CONSENT",               "agree to the consent text in force first") \
    X(ERR_VOCABULARY,        STATUS_INVALID_ARGUMENT,     0,    "VOCABULARY_VERSION",    "no such vocabulary version") \
    /* tickets, duties, offers */ \
    X(ERR_TICKET_LIVES,      STATUS_FAILED_PRECONDITION,  0,    "TICKET_LIVES",          "a request of yours is already open") \
    X(ERR_AGE,               STATUS_FAILED_PRECONDITION,  0,    "AGE_SPENT",             "the age of that request went on already, or it is too late; ask without it") \
    X(ERR_NO_BOND,           STATUS_FAILED_PRECONDITION,  0,    "NO_BOND",               "not both of you said that you would meet again") \
    X(ERR_NO_TICKET,         STATUS_NOT_FOUND,            0,    "NO_TICKET",             "you have no such open request") \
    X(ERR_ALREADY_MATCHED,   STATUS_FAILED_PRECONDITION,  0,    "ALREADY_MATCHED",       "this request was already matched") \
    X(ERR_TICKET_ENDED,      STATUS_FAILED_PRECONDITION,  0,    "TICKET_ENDED",          "this request has ended") \
    X(ERR_NOT_ON_DUTY,       STATUS_FAILED_PRECONDITION,  0,    "NOT_ON_DUTY",           "attend first") \
    X(ERR_DUTY_STATE,        STATUS_FAILED_PRECONDITION,  0,    "DUTY_STATE",            "not possible in this state of duty") \
    X(ERR_CAPACITY,          STATUS_INVALID_ARGUMENT,     0,    "CAPACITY",              "capacity is 0 to 8") \
    X(ERR_NO_OFFER,          STATUS_NOT_FOUND,            0,    "NO_OFFER",              "you have no such offer") \
    X(ERR_OFFER_CLOSED,      STATUS_FAILED_PRECONDITION,  0,    "OFFER_CLOSED",          "this offer is closed") \
    X(ERR_OFFER_GONE,        STATUS_FAILED_PRECONDITION,  0,    "OFFER_GONE",            "this offer is no longer available") \
    X(ERR_OFFER_OPEN,        STATUS_FAILED_PRECONDITION,  0,    "OFFER_OPEN",            "this offer is still open") \
    X(ERR_LATE,              STATUS_FAILED_PRECONDITION,  0,    "OFFER_DEADLINE",        "the deadline of this offer has passed") \
    X(ERR_EXCLUDED,          STATUS_FAILED_PRECONDITION,  0,    "EXCLUDED",              "these two may not meet now") \
    /* talks */ \
    X(ERR_NO_TALK,           STATUS_NOT_FOUND,            0,    "NO_TALK",               "no talk for this capability") \
    X(ERR_TALK_ENDED,        STATUS_FAILED_PRECONDITION,  0,    "TALK_ENDED",            "this talk has ended") \
    X(ERR_TALK_LIVES,        STATUS_FAILED_PRECONDITION,  0,    "TALK_LIVES",            "this talk has not ended") \
    X(ERR_REFLECTED,         STATUS_FAILED_PRECONDITION,  0,    "REFLECTED",             "you reflected on this talk already, or it is too late") \
    X(ERR_MAILBOX_FULL,      STATUS_RESOURCE_EXHAUSTED,   1000, "MAILBOX_FULL",          "the other side has too many unread messages") \
    X(ERR_SEQUENCE,          STATUS_OUT_OF_RANGE,         0,    "SEQUENCE",              "no such message number") \
    X(ERR_NO_RELATION,       STATUS_NOT_FOUND,            0,    "NO_RELATION",           "you met no such person lately") \
    X(ERR_BLOCKS_FULL,       STATUS_RESOURCE_EXHAUSTED,   0,    "BLOCKS_FULL",           "your list of blocks is full; take one back first") \
    /* a client's own: its files, its words */ \
    X(ERR_KEY_FILE,          STATUS_FAILED_PRECONDITION,  0,    "KEY_FILE",              "the file cannot be read or written, or is not one of ours") \
    X(ERR_KEY_FILE_OPEN,     STATUS_FAILED_PRECONDITION,  0,    "KEY_FILE_OPEN",         "others may read this secret file: make it yours alone with chmod 600") \
    X(ERR_KEY_FILE_MISSING,  STATUS_NOT_FOUND,            0,    "KEY_FILE_MISSING",      "there is no such file") \
    X(ERR_KEY_FILE_EXISTS,   STATUS_ALREADY_EXISTS,       0,    "KEY_FILE_EXISTS",       "there is such a file already") \
    X(ERR_TALK_KEY,          STATUS_FAILED_PRECONDITION,  0,    "TALK_KEY",              "the key that came for the other side keeps no secret, so no talk was begun: somebody may sit between; tell who runs the server") \
    X(ERR_TERM_UNKNOWN,      STATUS_INVALID_ARGUMENT,     0,    "TERM_UNKNOWN",          "the vocabulary has no such term") \
    X(ERR_TERM_USE,          STATUS_INVALID_ARGUMENT,     0,    "TERM_USE",              "this term is not for this use on this card") \
    X(ERR_TERM_PICK,         STATUS_INVALID_ARGUMENT,     0,    "TERM_PICK",             "a person has only one of this kind, and the card has one") \
    X(ERR_TERM_HIDDEN,       STATUS_INVALID_ARGUMENT,     0,    "TERM_HIDDEN",           "this term is never named as a reason")
/* clang-format on */

enum err {
#define X(name, status, retry_ms, reason, text) name,
    ERR_TABLE(X) ERR_COUNT
#undef X
};

const char *err_text(enum err err);
const char *err_reason(enum err err);
int err_status(enum err err);
uint32_t err_retry_ms(enum err err);

/* The name of a status (below STATUS_COUNT): "NOT_FOUND". */
const char *err_status_name(int status);

#endif
