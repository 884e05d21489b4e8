#include "store/decide.h"

#include <string.h>

static bool some(const uint8_t hash[STORE_HASH])
{
    uint8_t any = 0;

    for (uint32_t i = 0; i < STORE_HASH; i++)
        any |= hash[i];
    return any != 0;
}

/* Does either mailbox exist already?  Whoever made the capability twice. */
bool store_decide_mail_clash(struct store_work *work)
{
    const struct store_mailbox *box = work->job->command.match.mailbox;
    struct store_keeper *keeper = work->keeper;
    struct store_box found;

    for (int side = 0; side < MATCH_ROLES; side++) {
        if (!some(box[side].receive_hash))
            continue;
        if (keeper->ops->box(keeper, box[side].receive_hash, false, &found,
                             NULL) ||
            keeper->ops->box(keeper, box[side].send_hash, true, &found, NULL))
            return true;
    }
    return some(box[0].receive_hash) &&
           (!memcmp(box[0].receive_hash, box[1].receive_hash, STORE_HASH) ||
            !memcmp(box[0].send_hash, box[1].send_hash, STORE_HASH));
}

void store_decide_mail_open(struct store_work *work)
{
    const struct store_mailbox *from = work->job->command.match.mailbox;
    struct store_keeper *keeper = work->keeper;

    for (int side = 0; side < MATCH_ROLES; side++) {
        struct store_box box = {.link = from[side].link,
                                .active_ms = work->now_ms};

        if (!some(from[side].receive_hash)) /* a world without messages */
            continue;
        memcpy(box.receive_hash, from[side].receive_hash, STORE_HASH);
        memcpy(box.send_hash, from[side].send_hash, STORE_HASH);
        memcpy(box.other, from[1 - side].receive_hash, STORE_HASH);
        keeper->ops->put_box(keeper, &box, true);
    }
}

void store_decide_mail_close(struct store_work *work)
{
    const struct store_command *command = &work->job->command;
    struct store_keeper *keeper = work->keeper;
    struct store_box box;

    for (uint32_t i = 0; i < command->match.closes; i++) {
        if (!keeper->ops->box(keeper, command->match.close[i], false, &box,
                              NULL) ||
            box.closed_ms != 0)
            continue;
        box.closed_ms = work->now_ms;
        keeper->ops->put_box(keeper, &box, false);
    }
}

enum err store_decide_mail_find_talk(struct store_work *work)
{
    const struct store_command *command = &work->job->command;
    uint64_t id = command->find_talk.talk, member = command->find_talk.member;
    struct match_talk_row *talk = store_work_talk(work, id);

    if (!talk ||
        (member != 0 && talk->seeker != member && talk->peer != member))
        return ERR_NO_TALK;
    work->job->result.talk.row = *talk;
    work->job->result.talk.bond = store_decide_talk_bond(talk);
    work->job->result.talk.link =
        work->keeper->ops->link(work->keeper, id, &work->job->arena);
    return ERR_NONE;
}

static void tell(struct store_work *work, const struct store_box *box)
{
    struct store_result *result = &work->job->result;

    result->mailbox.link = box->link;
    memcpy(result->mailbox.receive_hash, box->receive_hash, STORE_HASH);
    result->mailbox.last_seq = box->last_seq;
    result->mailbox.acked_seq = box->acked_seq;
    result->mailbox.closed_ms = box->closed_ms;
}

enum err store_decide_mail_find(struct store_work *work)
{
    const struct store_command *command = &work->job->command;
    struct store_box box;

    if (!work->keeper->ops->box(work->keeper, command->find_mailbox.hash,
                                command->find_mailbox.sends, &box,
                                &work->job->arena))
        return ERR_NO_TALK;
    tell(work, &box);
    return ERR_NONE;
}

/* Both mailboxes of the talk are alive now. */
static void touch(struct store_work *work, struct store_box *box)
{
    struct store_keeper *keeper = work->keeper;
    struct store_box other;

    box->active_ms = work->now_ms;
    if (!keeper->ops->box(keeper, box->other, false, &other, NULL))
        return;
    other.active_ms = work->now_ms;
    keeper->ops->put_box(keeper, &other, false);
}

enum err store_decide_mail_send(struct store_work *work)
{
    const struct store_command *command = &work->job->command;
    struct store_bytes text = command->send.ciphertext;
    struct store_keeper *keeper = work->keeper;
    struct store_box box;

    if (!keeper->ops->box(keeper, command->send.send_hash, true, &box,
                          &work->job->arena))
        return ERR_NO_TALK;
    if (keeper->err != ERR_NONE)
        return keeper->err; /* the arena is spent: look before writing */
    if (text.size == 0)
        return ERR_INVALID;
    if (text.size > STORE_CIPHERTEXT_MAX)
        return ERR_TOO_LARGE;
    if (box.closed_ms != 0)
        return ERR_TALK_ENDED;
    if (box.waiting >= STORE_MESSAGES_MAX ||
        box.waiting_bytes + text.size > STORE_MAILBOX_BYTES_MAX)
        return ERR_MAILBOX_FULL;
    touch(work, &box);
    box.last_seq++;
    box.waiting++;
    box.waiting_bytes += text.size;
    keeper->ops->put_message(keeper, box.receive_hash, box.last_seq, text,
                             work->now_ms);
    keeper->ops->put_box(keeper, &box, false);
    work->job->result.sent.seq = work->reference = box.last_seq;
    work->job->result.sent.link = box.link;
    memcpy(work->job->result.sent.receive_hash, box.receive_hash, STORE_HASH);
    return ERR_NONE;
}

enum err store_decide_mail_receive(struct store_work *work)
{
    const struct store_command *command = &work->job->command;
    struct store_result *result = &work->job->result;
    uint64_t after_seq = command->receive.after_seq;
    uint32_t most = command->receive.most;
    struct store_message *message = NULL;
    struct store_box box;
    uint32_t n = 0;

    if (!work->keeper->ops->box(work->keeper, command->receive.receive_hash,
                                false, &box, NULL))
        return ERR_NO_TALK;
    if (after_seq > box.last_seq)
        return ERR_SEQUENCE;
    if (after_seq < box.expired_seq) /* what is left below it expires next */
        after_seq = box.expired_seq;
    if (most == 0 || most > STORE_PAGE_MAX)
        most = STORE_PAGE_MAX;
    if (box.waiting > 0 && after_seq < box.last_seq) {
        message = arena_alloc(&work->job->arena, most * sizeof *message);
        if (!message)
            return ERR_NOMEM;
        n = work->keeper->ops->messages(work->keeper, box.receive_hash,
                                        after_seq, message, most,
                                        &work->job->arena);
    }
    result->received.message = message;
    result->received.messages = n;
    result->received.more = n > 0 && message[n - 1].seq < box.last_seq;
    result->received.expired_seq = box.expired_seq;
    return ERR_NONE;
}

enum err store_decide_mail_acknowledge(struct store_work *work)
{
    const struct store_command *command = &work->job->command;
    uint64_t seq = command->acknowledge.up_to_seq;
    struct store_keeper *keeper = work->keeper;
    uint32_t messages = 0, bytes = 0;
    struct store_box box;

    if (!keeper->ops->box(keeper, command->acknowledge.receive_hash, false,
                          &box, &work->job->arena))
        return ERR_NO_TALK;
    if (keeper->err != ERR_NONE)
        return keeper->err;
    if (seq > box.last_seq)
        return ERR_SEQUENCE;
    if (seq > box.acked_seq) {
        keeper->ops->drop_messages(keeper, box.receive_hash, seq, &messages,
                                   &bytes);
        box.acked_seq = seq;
        box.waiting -= messages;
        box.waiting_bytes -= bytes;
        keeper->ops->put_box(keeper, &box, false);
    }
    tell(work, &box);
    return ERR_NONE;
}
