#include "rpc/cors.h"

#include "rpc_text.h"

static const char *const ORIGINS[] = {"https://one.example",
                                      "http://two.example:8080", NULL};
#define JSON      "content-type: application/json\r\n"
#define PREFLIGHT "access-control-request-method: POST\r\n"

static void begin(const char *const *origins)
{
    rpc_text_open(BINDINGS, sizeof BINDINGS / sizeof *BINDINGS);
    rpc_server_origins(&text_server, origins);
}

/* Law 1 */
static void preflights(void)
{
    static const struct {
        const char *origin;
        bool good;
    } cases[] = {{"https://one.example", true},
                 {"http://two.example:8080", true},
                 {"https://one.example/", false},
                 {"https://one.example:443", false},
                 {"http://one.example", false},
                 {"https://one.example.net", false},
                 {"https://One.example", false},
                 {"null", false},
                 {"*", false},
                 {"", false}};

    begin(ORIGINS);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char head[256], named[256];

        (void)snprintf(head, sizeof head, "origin: %s\r\n" PREFLIGHT,
                       cases[i].origin);
        (void)snprintf(named, sizeof named,
                       "\r\naccess-control-allow-origin: %s\r\n",
                       cases[i].origin);
        RPC_TEXT_ASK("OPTIONS " SERVICE "EmptyCall", head, "");
        CHECK(rpc_text_has(cases[i].good ? "HTTP/1.1 204 " : "HTTP/1.1 403 "));
        CHECK(rpc_text_has(named) == cases[i].good);
        CHECK(rpc_text_has("access-control-max-age: 7200\r\n") ==
              cases[i].good);
        CHECK(rpc_text_has("\r\nvary: origin")); /* Law 2 */
        CHECK(handled == 0);
    }
    RPC_TEXT_ASK("OPTIONS /", "origin: https://one.example\r\n", "");
    CHECK(rpc_text_has("HTTP/1.1 200 ")); /* no preflight: it asks nothing */
    rpc_text_close();
}

/* Every kind of answer says it; Law 2: also when nobody asked. */
static void answers(void)
{
    static const struct {
        const char *line, *head, *body;
        size_t size;
    } cases[] = {{"POST " SERVICE "EmptyCall", JSON, "{}", 2},
                 {"POST " SERVICE "EmptyCall", JSON, "[", 1},
                 {"POST /no/such", JSON, "{}", 2},
                 {"POST " SERVICE "EmptyCall",
                  "content-type: application/grpc-web\r\n", "\0\0\0\0", 5},
                 {"POST " SERVICE "StreamingOutputCall",
                  "content-type: application/connect+json\r\n", "\0\0\0\0\2{}",
                  7},
                 {"POST " SERVICE "EmptyCall", "content-type: a/b\r\n", "", 0},
                 {"GET /", "", "", 0}};

    begin(ORIGINS);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char head[256];

        for (int who = 0; who < 3; who++) {
            static const char *const origin[] = {
                "", "origin: http://two.example:8080\r\n",
                "origin: http://three.example\r\n"};

            (void)snprintf(head, sizeof head, "%s%s", origin[who],
                           cases[i].head);
            rpc_text_ask(cases[i].line, head, cases[i].body, cases[i].size);
            CHECK(rpc_text_has("\r\nvary: origin\r\n"));
            CHECK(rpc_text_has("allow-origin: http://two.example:8080\r\n") ==
                  (who == 1));
            CHECK(rpc_text_has("expose-headers: grpc-status, ") == (who == 1));
            CHECK(!rpc_text_has("three"));
        }
    }
    rpc_text_close();
}

static void without_origins(void)
{
    static const char *const none[] = {NULL};

    begin(none);
    RPC_TEXT_ASK("OPTIONS " SERVICE "EmptyCall",
                 "origin: https://one.example\r\n" PREFLIGHT, "");
    CHECK(rpc_text_has("HTTP/1.1 405 ") && !rpc_text_has("access-control"));
    RPC_TEXT_ASK("POST " SERVICE "EmptyCall",
                 "origin: https://one.example\r\n" JSON, "{}");
    CHECK(rpc_text_has("HTTP/1.1 200 ") && !rpc_text_has("access-control"));
    CHECK(!rpc_text_has("vary"));
    rpc_text_close();
}

int main(void)
{
    preflights();
    answers();
    without_origins();
    return check_report("rpc/cors");
}
