// person.mjs PLAN -- one side of the story, with kindred.mjs.
//
// PLAN is JSON: { target, protos, role: "seeker" | "peer", card, decline: how many
// offers first, say: [texts], hear: how many texts, end: this side ends the talk,
// rotate: after the login }.  Each thing that happens is one line of JSON.
import { randomBytes } from "node:crypto";
import { Account, Api, Mine, Talk } from "./kindred.mjs";

const plan = JSON.parse(process.argv[2]);
const tell = (what, more = {}) => console.log(JSON.stringify({ what, ...more }));

async function findTalk(account) {
  const mine = new Mine();
  if (plan.role === "seeker") {
    for await (const { ticket, crisis } of account.ask(mine, plan.ask)) {
      if (crisis) tell("crisis", { phones: crisis.entries.map((e) => e.phone) });
      else tell(ticket.phase);
      if (ticket?.talk) return new Talk(account.api, mine, ticket.talk);
    }
    throw new Error("the ask ended without a talk");
  }
  const answered = new Set(); // a state is the whole state: an offer comes again
  for await (const { duty } of account.attend()) {
    tell(duty.phase);
    for (const { offerId } of duty.offers.filter((o) => !answered.has(o.offerId))) {
      answered.add(offerId);
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
const talk = await findTalk(account);
const { yourName, theirName } = talk.talk;
tell("talk", { yourName, theirName, safety: Buffer.from(talk.safety().subarray(0, 8)).toString("hex") });
await converse(talk);
await talk.reflect("UNDERSTOOD_YES", true);
await talk.reflect("UNDERSTOOD_YES", true).catch((error) => tell("once", { code: error.code, reason: error.reason }));
tell("done");
api.close();
