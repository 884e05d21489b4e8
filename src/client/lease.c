#include "client/lease.h"

#include "base/require.h"
#include "client/member.h"
#include "pb/kindred/v1/peers.pb-c.h"
#include "pb/kindred/v1/support.pb-c.h"

_Static_assert(offsetof(Kindred__V1__SupportBeatResponse, next_ms) ==
                   offsetof(Kindred__V1__PeersBeatResponse, next_ms),
               "both beats are answered alike");

static uint64_t now_ms(const struct client_lease *lease)
{
    return kindred_loop_now_ms(lease->client->loop);
}

static void set(struct client_lease *lease, struct client_timer *timer,
                uint64_t after_ms)
{
    client_loop_after(lease->client->loop, timer, after_ms);
}

/* ---- beats ---- */

static void on_beaten(void *arg, const struct kindred_error *error,
                      const void *answer)
{
    struct client_lease *lease = arg;
    const Kindred__V1__SupportBeatResponse *beat = answer;
    uint32_t next_ms = CLIENT_LEASE_BEAT_MS / 4;

    lease->beat = NULL;
    if (error->status == STATUS_OK)
        next_ms = beat->next_ms < 1000 ? 1000 : beat->next_ms;
    set(lease, &lease->beating,
        next_ms < CLIENT_LEASE_BEAT_MS ? next_ms : CLIENT_LEASE_BEAT_MS);
}

static void on_beat_due(void *arg)
{
    struct client_lease *lease = arg;
    struct client_job_options options = {.client = lease->client,
                                         .member = lease->member,
                                         .path = lease->beat_path,
                                         .request = lease->beat_request,
                                         .answer = lease->beat_answer,
                                         .done = on_beaten,
                                         .arg = lease};

    if (lease->beat_request && lease->stream && !lease->beat)
        lease->beat = client_job_start(&options);
    if (!lease->beat)
        set(lease, &lease->beating, CLIENT_LEASE_BEAT_MS / 4);
}

/* ---- the stream ---- */

static void on_message(void *arg, const void *message)
{
    struct client_lease *lease = arg;

    lease->failures = 0;
    if (lease->member && !heap_in(&lease->beating.timer) && !lease->beat)
        set(lease, &lease->beating,
            lease->member->beat_ms < CLIENT_LEASE_BEAT_MS
                ? lease->member->beat_ms
                : CLIENT_LEASE_BEAT_MS);
    lease->message(lease->arg, message); /* Law 2 */
}

/* Law 3. */
static bool may_resume(const struct client_lease *lease,
                       const struct kindred_error *error)
{
    return (client_error_passing(error) ||
            client_error_is(error, ERR_CARD_VERSION)) &&
           now_ms(lease) - lease->lost_ms < CLIENT_LEASE_GIVE_UP_MS &&
           !(client_error_is(error, ERR_UNREACHABLE) &&
             !lease->client->calls.was_up);
}

static void on_done(void *arg, const struct kindred_error *error,
                    const void *answer)
{
    struct client_lease *lease = arg;

    (void)answer;
    lease->stream = NULL;
    if (lease->failures == 0) /* it stood until now, however quiet */
        lease->lost_ms = now_ms(lease);
    if (error->status == STATUS_OK || !may_resume(lease, error)) {
        client_lease_close(lease); /* Law 1 */
        lease->ended(lease->arg, error);
        return;
    }
    lease->failures++;
    set(lease, &lease->again,
        client_timer_pause_ms(lease->failures, error->retry_ms));
    if (lease->trouble && lease->failures == 1)
        lease->trouble(lease->arg, error);
}

static bool begin(struct client_lease *lease)
{
    struct client_job_options options = {.client = lease->client,
                                         .member = lease->member,
                                         .path = lease->path,
                                         .request = lease->request,
                                         .stream = true,
                                         .answer = lease->answer,
                                         .message = on_message,
                                         .done = on_done,
                                         .arg = lease};

    REQUIRE(!lease->stream);
    lease->stream = client_job_start(&options);
    return lease->stream != NULL;
}

static void on_again(void *arg)
{
    struct client_lease *lease = arg;

    if (!begin(lease))
        set(lease, &lease->again, CLIENT_PAUSE_MAX_MS);
}

bool client_lease_open(struct client_lease *lease)
{
    lease->again.fire = on_again;
    lease->beating.fire = on_beat_due;
    lease->again.arg = lease->beating.arg = lease;
    return begin(lease);
}

void client_lease_close(struct client_lease *lease)
{
    if (!lease->client)
        return;
    client_job_cancel(lease->stream);
    client_job_cancel(lease->beat);
    lease->stream = lease->beat = NULL;
    set(lease, &lease->again, KINDRED_NEVER);
    set(lease, &lease->beating, KINDRED_NEVER);
}
