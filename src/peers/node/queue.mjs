// Submits to, or lives through, a queue of Node.js as fast as it can, and says about every 50 ms how many jobs it has done.
// node queue.mjs graphile-worker|pg-boss submit-1|submit-by-100|life-16; the database's URL and password are the lines of its input.
import { createInterface } from 'node:readline';
import pg from 'pg';

const CLIENTS = 16;
const BATCHERS = 4;
const BATCH = 100;
const UNDER_WAY = 1000;
const [, , name, what] = process.argv;

const lines = [];
for await (const line of createInterface({ input: process.stdin })) lines.push(line);
const url = new URL(lines[0]);
const pool = new pg.Pool({
    host: url.hostname, port: url.port, database: url.pathname.slice(1), user: 'postgres', password: lines[1], max: 2 * CLIENTS,
});

pool.on('error', (error) => { throw error; });

let done = 0;
let underWay = 0;
const waiting = [];

function ended() {
    done++;
    underWay--;
    waiting.shift()?.();
}

async function forever(clients, step) {
    await Promise.all(Array.from({ length: clients }, async () => {
        for (;;) await step();
    }));
}

const queues = {
    async 'graphile-worker'() {
        const { run, makeWorkerUtils, Logger } = await import('graphile-worker');
        const logger = new Logger(() => () => {});
        await pool.query('drop schema if exists graphile_worker cascade');
        const utils = await makeWorkerUtils({ pgPool: pool, logger });
        await utils.migrate();
        return {
            submit: () => utils.addJob('bench', { n: 1 }),
            submitAll: (n) => utils.addJobs(Array.from({ length: n }, () => ({ identifier: 'bench', payload: { n: 1 } }))),
            async live() {
                await run({
                    pgPool: pool, logger, concurrency: CLIENTS, noHandleSignals: true, pollInterval: 100,
                    taskList: { bench: async () => ended() },
                });
                await forever(CLIENTS, async () => {
                    if (underWay >= UNDER_WAY) await new Promise((resolve) => waiting.push(resolve));
                    underWay++;
                    await utils.addJob('bench', { n: 1 });
                });
            },
        };
    },
    async 'pg-boss'() {
        const { PgBoss } = await import('pg-boss');
        await pool.query('drop schema if exists pgboss cascade');
        const boss = new PgBoss({ db: { executeSql: (sql, values) => pool.query(sql, values) }, supervise: false, schedule: false });
        boss.on('error', (error) => { throw error; });
        await boss.start();
        await boss.createQueue('bench');
        return {
            submit: () => boss.send('bench', { n: 1 }),
            submitAll: (n) => boss.insert('bench', Array.from({ length: n }, () => ({ data: { n: 1 } }))),
            live: () => forever(CLIENTS, async () => {
                await boss.send('bench', { n: 1 });
                const [job] = await boss.fetch('bench');
                if (job) {
                    await boss.complete('bench', job.id);
                    done++;
                }
            }),
        };
    },
};

const queue = await queues[name]();
console.log(0);
setInterval(() => {
    console.log(done);
    done = 0;
}, 50);
await {
    'submit-1': () => forever(CLIENTS, async () => { await queue.submit(); done++; }),
    'submit-by-100': () => forever(BATCHERS, async () => { await queue.submitAll(BATCH); done += BATCH; }),
    'life-16': () => queue.live(),
}[what]();
