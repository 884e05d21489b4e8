/* Law by law; a move that no table lists must end the process. */
#include "store/move.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "store/memory.h"

static struct store_job job;
static struct store_work work;

static const bool ticket_may[TICKET_STATES][TICKET_STATES] = {
    [TICKET_WAITING] = {[TICKET_OFFERED] = true, [TICKET_ENDED] = true},
    [TICKET_OFFERED] = {[TICKET_WAITING] = true,
                        [TICKET_MATCHED] = true,
                        [TICKET_ENDED] = true},
};

/* Does the process survive this move? */
static bool survives(enum match_ticket_state from, enum match_ticket_state to)
{
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        struct match_ticket_row ticket = {.state = from};
        int nowhere = open("/dev/null", O_WRONLY);

        (void)dup2(nowhere, STDERR_FILENO);
        store_move_ticket(&ticket, to, TICKET_WHY_NONE);
        _exit(ticket.state == to ? 0 : 1);
    }
    CHECK(waitpid(child, &status, 0) == child);
    if (WIFSIGNALED(status))
        CHECK(WTERMSIG(status) == SIGABRT);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Law 1 */
static void only_listed_moves(void)
{
    for (int from = 0; from < TICKET_STATES; from++)
        for (int to = 0; to < TICKET_STATES; to++)
            CHECK(survives((enum match_ticket_state)from,
                           (enum match_ticket_state)to) ==
                  ticket_may[from][to]);
}

static struct match_row row(enum match_row_kind kind)
{
    struct match_row out = {.kind = kind};

    if (kind == ROW_TICKET)
        out.ticket = (struct match_ticket_row){
            .id = 10, .member = 1, .state = TICKET_OFFERED, .since_ms = 3};
    else if (kind == ROW_OFFER)
        out.offer = (struct match_offer_row){
            .id = 20, .ticket = 10, .seeker = 1, .peer = 2};
    else if (kind == ROW_DUTY)
        out.duty = (struct match_duty_row){.member = 2,
                                           .state = DUTY_ON,
                                           .capacity = 2,
                                           .used = 2,
                                           .rest_ms = 50};
    else
        out.talk = (struct match_talk_row){
            .id = 30, .ticket = 11, .seeker = 3, .peer = 2};
    return out;
}

/* Law 2 */
static void used_goes_down(struct store *store)
{
    struct match_duty_row *duty;

    arena_init(&job.arena, 1 << 20);
    job.command.kind = STORE_MATCH;
    job.command.match.command.now_ms = 100;
    store_work_begin(&work, (struct store_keeper *)(void *)store, &job);
    for (int kind = ROW_TICKET; kind <= ROW_TALK; kind++) {
        struct match_row one = row((enum match_row_kind)kind);

        store_work_add(&work, &one);
    }
    duty = store_move_offer_close(&work, store_work_offer(&work, 20),
                                  OFFER_LAPSED);
    CHECK(duty->used == 1);
    CHECK(store_work_ticket(&work, 10)->state == TICKET_WAITING);
    CHECK(store_work_ticket(&work, 10)->since_ms == 3);
    store_move_talk_open(store_work_talk(&work, 30));
    store_move_talk_end(&work, store_work_talk(&work, 30), TALK_WHY_IDLE,
                        store_move_rest_until_ms(&work, 2));
    CHECK(duty->used == 0);
    CHECK(duty->rest_until_ms == 150);
    CHECK(store_work_talk(&work, 30)->ended_ms == 100);
}

int main(void)
{
    struct store *store = store_memory_new(10);

    only_listed_moves();
    used_goes_down(store);
    store_close(store);
    return check_report("store/move");
}
