#include "rpc/health.h"

#include "rpc_echo.h"

#define SERVING GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVING
#define NOT_SERVING                                                            \
    GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__NOT_SERVING
#define UNKNOWN                                                                \
    GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVICE_UNKNOWN

static int status_of(const struct result *result)
{
    Grpc__Health__V1__HealthCheckResponse *response =
        grpc__health__v1__health_check_response__unpack(NULL, result->last_size,
                                                        result->last);
    int status = response ? (int)response->status : -1;

    grpc__health__v1__health_check_response__free_unpacked(response, NULL);
    return status;
}

static int check(struct rpc_world *world, char *service)
{
    Grpc__Health__V1__HealthCheckRequest request =
        GRPC__HEALTH__V1__HEALTH_CHECK_REQUEST__INIT;
    struct result result;
    int status;

    request.service = service;
    rpc_world_unary(world, &result, "/grpc.health.v1.Health/Check", &request);
    CHECK(result.closed);
    status = result.status.code ? -result.status.code : status_of(&result);
    rpc_world_forget(&result);
    return status;
}

int main(void)
{
    static char all[] = "", ours[] = "grpc.testing.TestService",
                none[] = "no.Such";
    struct rpc_world world = {0};
    struct rpc_health health;
    Grpc__Health__V1__HealthCheckRequest request =
        GRPC__HEALTH__V1__HEALTH_CHECK_REQUEST__INIT;
    struct result one, two, unknown;

    world_open(&world);
    rpc_health_init(&health, &world.server);
    CHECK(check(&world, all) == NOT_SERVING);
    CHECK(check(&world, none) == -STATUS_NOT_FOUND);
    rpc_health_set(&health, true);
    CHECK(check(&world, all) == SERVING);
    CHECK(check(&world, ours) == SERVING);
    CHECK(check(&world, none) == -STATUS_NOT_FOUND);

    /* Law 1: at once, and at each change. */
    rpc_world_unary(&world, &one, "/grpc.health.v1.Health/Watch", &request);
    rpc_world_unary(&world, &two, "/grpc.health.v1.Health/Watch", &request);
    request.service = none;
    rpc_world_unary(&world, &unknown, "/grpc.health.v1.Health/Watch", &request);
    CHECK(!one.closed && one.messages == 1 && status_of(&one) == SERVING);
    CHECK(!unknown.closed && status_of(&unknown) == UNKNOWN);
    http_exchange_reset(two.exchange, ERR_CANCELED);
    wire_run(&world.wire);
    rpc_health_set(&health, false);
    rpc_health_set(&health, false);
    wire_run(&world.wire);
    CHECK(one.messages == 2 && status_of(&one) == NOT_SERVING);
    CHECK(two.messages == 1 && two.closed);
    rpc_health_set(&health, true);
    wire_run(&world.wire);
    CHECK(one.messages == 3 && status_of(&one) == SERVING);
    rpc_world_close(&world);
    CHECK(one.closed && one.status.err == ERR_CONNECTION);
    rpc_health_set(&health, false); /* nobody is left to be told */
    rpc_world_forget(&one);
    rpc_world_forget(&two);
    rpc_world_forget(&unknown);
    return check_report("rpc/health");
}
