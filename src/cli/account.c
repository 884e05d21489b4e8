/* cli/account -- enroll, login and rotate. */
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/say.h"
#include "cli/session.h"

static const char *const GRADES[] = {"", "member", "peer", "crisis_peer"};

/* ---- enroll ---- */

static const struct cli_option ENROLL_OPTIONS[] = {
    {"--pool", "NAME", "the pool to join [adult]; see \"kindred info\"",
     CLI_TEXT, 1, 32},
    {"--grade", "member|peer|crisis_peer", "what you will be [member]",
     CLI_TEXT, 1, 16},
    {"--invitation", "TEXT", "where enrolment takes one", CLI_TEXT, 0, 64},
    {0}};

static int parse_grade(const char *text)
{
    for (int grade = KINDRED_MEMBER; grade <= KINDRED_CRISIS_PEER; grade++)
        if (strcmp(text, GRADES[grade]) == 0)
            return grade;
    return 0;
}

/* The key is made first, and kept: if the answer is lost, a second try with
 * the same key finds out. */
static int make_key(const struct cli_args *args)
{
    struct kindred_identity identity;
    struct kindred_error error;
    char path[CLI_PATH_MAX];

    if (!cli_session_key_path(args, path))
        return CLI_USAGE;
    if (kindred_identity_create(&identity, path, &error))
        cli_say(CLI_DIM, "A key was made in %s: keep it, it is all you are.\n",
                path);
    else if (strcmp(error.reason, "KEY_FILE_EXISTS") != 0) {
        cli_say_error(&error);
        return cli_say_status(&error);
    }
    kindred_identity_wipe(&identity);
    return CLI_OK;
}

static int run_enroll(const struct cli_args *args)
{
    int grade = parse_grade(cli_args_text(args, "--grade", "member"));
    const char *pool = cli_args_text(args, "--pool", "adult");
    struct cli_session session;
    int status;

    if (!grade) {
        cli_say_usage("kindred enroll: --grade is member, peer or crisis_peer");
        return CLI_USAGE;
    }
    status = make_key(args);
    if (status == CLI_OK)
        status = cli_session_open(&session, args, true);
    if (status != CLI_OK)
        return status;
    status = cli_session_wait(
        &session,
        kindred_member_enroll(session.member, pool, (enum kindred_grade)grade,
                              cli_args_text(args, "--invitation", ""),
                              cli_session_done, &session));
    if (status == CLI_OK)
        cli_say(CLI_GREEN, "You are a %s of the pool %s now.\n",
                grade == KINDRED_CRISIS_PEER ? "crisis peer" : GRADES[grade],
                pool);
    cli_session_close(&session);
    return status;
}

const struct cli_command cli_account_enroll = {
    .name = "enroll",
    .words = "",
    .help = "become a member, with a key made here",
    .about =
        "  kindred enroll\n"
        "  kindred enroll --grade peer --pool adult --invitation WORDS\n\n"
        "Makes an account key in a file that only you can read, if there is\n"
        "none, and makes it a member of a pool.  No name, no mail, no phone:\n"
        "the key is the account.  Who loses it starts anew.\n",
    .options = ENROLL_OPTIONS,
    .calls = "Accounts/Enroll",
    .run = run_enroll};

/* ---- login ---- */

static const struct cli_option LOGIN_OPTIONS[] = {
    {"--print-token", NULL, "print the access token and nothing else", CLI_FLAG,
     0, 0},
    {0}};

static void on_login(void *arg, const struct kindred_error *error,
                     const struct kindred_login *login)
{
    struct cli_session *session = arg;

    if (login && cli_args_has(session->args, "--print-token") &&
        !cli_say_is_json()) {
        (void)puts(login->token);
    } else if (login) {
        unsigned grade = (unsigned)login->grade;
        char pool[64];

        cli_say_clean(pool, sizeof pool, login->pool, strlen(login->pool));
        cli_say(CLI_GREEN, "Logged in to the pool %s as %s, for %u minutes.\n",
                pool, grade <= KINDRED_CRISIS_PEER ? GRADES[grade] : "member",
                (unsigned)(login->expires_in_ms / 60000));
    }
    cli_session_done(session, error);
}

static int run_login(const struct cli_args *args)
{
    struct cli_session session;
    int status = cli_session_open(&session, args, true);

    if (status != CLI_OK)
        return status;
    status = cli_session_wait(
        &session, kindred_member_login(session.member, on_login, &session));
    cli_session_close(&session);
    return status;
}

const struct cli_command cli_account_login = {
    .name = "login",
    .words = "",
    .help = "prove the key; print a token for other tools",
    .about = "  kindred login\n"
             "  TOKEN=$(kindred login --print-token)\n"
             "  grpcurl -plaintext -H \"authorization: Bearer $TOKEN\" \\\n"
             "    -d '{\"role\": \"ROLE_SEEKER\"}' 127.0.0.1:50051 "
             "kindred.v1.Cards/GetCard\n\n"
             "Every other command logs in by itself.  A token is good for 15\n"
             "minutes at most, and whoever has it is you until then.\n",
    .options = LOGIN_OPTIONS,
    .calls = "Accounts/Login",
    .run = run_login};

/* ---- rotate ---- */

/* The next key is in the file before the server hears of it, and the old one
 * until the server has answered: whatever happens in between, one of the two
 * is the member's, and running it again finds out which. */
static int run_rotate(const struct cli_args *args)
{
    struct kindred_identity next;
    struct kindred_error error;
    struct cli_session session;
    int status = cli_session_open(&session, args, true);
    bool begun;

    if (status != CLI_OK)
        return status;
    if (!kindred_identity_next(&next, session.key_path, &error)) {
        cli_say_error(&error);
        cli_session_close(&session);
        return cli_say_status(&error);
    }
    begun = kindred_member_rotate(session.member, &next, cli_session_done,
                                  &session);
    kindred_identity_wipe(&next);
    status = cli_session_wait(&session, begun);
    if (status == CLI_OK &&
        !kindred_identity_promote(session.key_path, &error)) {
        cli_say_error(&error);
        status = cli_say_status(&error);
    }
    if (status == CLI_OK)
        cli_say(CLI_GREEN,
                "The key in %s is another now; the old one is worth "
                "nothing.\n",
                session.key_path);
    cli_session_close(&session);
    return status;
}

const struct cli_command cli_account_rotate = {
    .name = "rotate",
    .words = "",
    .help = "replace the account key, when it may have been seen",
    .about =
        "  kindred rotate\n"
        "  kindred rotate --key FILE\n\n"
        "You stay who you are; copies of the old key, and tokens got with\n"
        "it, stop working at once.  The new key is put beside the old one\n"
        "in its file first, and stands alone there when the server has\n"
        "answered.  If it was interrupted, run it again: it finishes.\n",
    .calls = "Accounts/RotateKey",
    .run = run_rotate};
