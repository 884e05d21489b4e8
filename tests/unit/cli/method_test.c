#include "cli/method.h"

#include <string.h>

#include "check.h"
#include "client/json.h"

static bool leads_to(const char *name, const char *path)
{
    const struct api_method *method = cli_method_find(name);

    return path ? method && strcmp(method->path, path) == 0 : !method;
}

static void test_find(void)
{
    static const char ask[] = "/kindred.v1.Support/Ask";

    CHECK(leads_to("Support/Ask", ask));
    CHECK(leads_to("kindred.v1.Support/Ask", ask));
    CHECK(leads_to(ask, ask));
    CHECK(leads_to("grpc.health.v1.Health/Check",
                   "/grpc.health.v1.Health/Check"));
    CHECK(leads_to("", NULL));
    CHECK(leads_to("/", NULL));
    CHECK(leads_to("Ask", NULL));
    CHECK(leads_to("Support/ask", NULL));
    CHECK(leads_to("Support/Ask/", NULL));
}

static void test_too_long(void)
{
    char name[1000];

    memset(name, 'a', sizeof name);
    name[sizeof name - 1] = '\0';
    CHECK(leads_to(name, NULL));
}

/* Every call has a name that finds it. */
static void test_all(void)
{
    size_t count;
    const struct api_method *method = client_json_methods(&count);

    CHECK(count > 20);
    for (size_t i = 0; i < count; i++)
        CHECK(cli_method_find(method[i].path + 1) == &method[i]);
}

static void test_listed(void)
{
    CHECK(cli_method_listed("Support/Ask", "/kindred.v1.Support/Ask"));
    CHECK(
        cli_method_listed("Talks/End Support/Ask", "/kindred.v1.Support/Ask"));
    CHECK(!cli_method_listed("Support/AskMore", "/kindred.v1.Support/Ask"));
    CHECK(!cli_method_listed("Support/As", "/kindred.v1.Support/Ask"));
    CHECK(!cli_method_listed("", "/kindred.v1.Support/Ask"));
}

int main(void)
{
    test_find();
    test_too_long();
    test_all();
    test_listed();
    return check_report("cli/method");
}
