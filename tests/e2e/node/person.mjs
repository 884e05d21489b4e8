// person.mjs PLAN -- one side of the story, with kindred.mjs.
//
// PLAN is JSON: { target, protos, role: "seeker" | "peer", card, decline: how many
// offers first, say: [texts], hear: how many texts, end: this side ends the talk,
// rotate: after the login }.  Then orders, a word a line, until they end.  Each
// thing that happens is one line of JSON.
import { randomBytes } from "node:crypto";
import { createInterface } from "node:readline";
import { Account, Api, Mine, Talk } from "./kindred.mjs";

const plan = JSON.parse(process.argv[2]);
const tell = (what, more = {}) => console.log(JSON.stringify({ what, ...more }));

async function asked(events, mine) {
  for await (const { ticket, crisis } of events) {
    if (crisis) tell("crisis", { phones: crisis.entries.map((e) => e.phone) });
    else tell(ticket.phase, { again: ticket.meetingAgain });
    if (ticket?.talk) return new Talk(account.api, mine, ticket.talk);
  }
  throw new Error("the ask ended without a talk");
}

async function attended(events, mine) {
  const answered = new Set(); // a state is the whole state: an offer comes again
  for await (const { duty } of events) {
    tell(duty.phase);
    for (const { offerId, metName } of duty.offers.filter((o) => !answered.has(o.offerId))) {
      answered.add(offerId);
      tell("offer", { metName });
      if (plan.decline-- > 0) {
        await account.answer(offerId);
        tell("declined");
        continue;
      }
      return new Talk(account.api, mine, await account.answer(offerId, mine));
    }
  }
  throw new Error("off duty without a talk");
}

async function converse(talk) {
  let heard = 0;
  for await (const { state, message } of talk.receive()) {
    if (message) tell("heard", { text: message.text });
    if (message && ++heard === plan.hear && plan.end) await talk.end();
    if (state) tell(state.phase, { reason: state.reason });
    if (state?.phase === "TALK_PHASE_OPEN")
      for (const text of plan.say) await talk.say(text);
  }
}

const api = new Api(plan.target, plan.protos);
const account = new Account(api);
await account.enroll("adult", plan.role === "peer" ? 2 : 1);
await account.login();
await account.putCard(plan.role === "peer" ? "ROLE_PEER" : "ROLE_SEEKER", plan.card);
if (plan.rotate) await account.rotate(randomBytes(32));

let last; // the talk that was found last

async function meet(again) {
  const mine = new Mine();
  last = await (plan.role === "peer" ? attended(account.attend(), mine)
    : asked(again ? account.again(mine, again) : account.ask(mine, plan.ask), mine));
  const { yourName, theirName } = last.talk;
  tell("talk", { yourName, theirName, safety: Buffer.from(last.safety().subarray(0, 8)).toString("hex") });
  await converse(last);
  await last.reflect("UNDERSTOOD_YES", true);
  await last.reflect("UNDERSTOOD_YES", true).catch((error) => tell("once", { code: error.code, reason: error.reason }));
  tell("done");
}

const orders = {
  meet,
  bond: async () => tell("bond", { bond: await last.bond() }),
  again: () => meet(last.talk.talkId).catch((error) => tell("refused", { code: error.code, reason: error.reason })),
  block: async () => tell("blocked", { id: await account.block({ talkId: last.talk.talkId }) }),
  blocks: async () => tell("blocks", { all: await account.blocks() }),
  unblock: async () => {
    for (const { blockId } of await account.blocks()) await account.unblock(blockId);
    tell("unblocked");
  },
};

await meet();
const begun = []; // a meeting goes on beside what is ordered next
for await (const order of createInterface({ input: process.stdin })) begun.push(orders[order]());
await Promise.all(begun);
api.close();
