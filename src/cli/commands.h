/* cli/commands -- the subcommands that talk to a server: one table each. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "cli/args.h"

extern const struct cli_command cli_account_enroll;
extern const struct cli_command cli_account_login;
extern const struct cli_command cli_account_rotate;
extern const struct cli_command cli_look_info;
extern const struct cli_command cli_look_vocabulary;
extern const struct cli_command cli_look_crisis;
extern const struct cli_command cli_look_stats;
extern const struct cli_command cli_look_health;
extern const struct cli_command cli_card;
extern const struct cli_command cli_ask;
extern const struct cli_command cli_ask_withdraw;
extern const struct cli_command cli_danger;
extern const struct cli_command cli_attend;
extern const struct cli_command cli_answer;
extern const struct cli_command cli_attend_leave;
extern const struct cli_command cli_talk;
extern const struct cli_command cli_talk_end;
extern const struct cli_command cli_talk_reflect;
extern const struct cli_command cli_safety_block;
extern const struct cli_command cli_safety_unblock;
extern const struct cli_command cli_safety_list;
extern const struct cli_command cli_call;
extern const struct cli_command cli_demo;
extern const struct cli_command cli_dev;

#endif
