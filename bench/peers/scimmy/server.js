// SCIMMY with its routers on express: the handlers that its documentation asks for, on SQLite.
// Usage: node server.js PORT DATABASE, with the token in BENCH_TOKEN.
import Database from "better-sqlite3";
import express from "express";
import SCIMMY from "scimmy";
import SCIMMYRouters from "scimmy-routers";

const [port, file] = process.argv.slice(2);
const accepted = `Bearer ${process.env.BENCH_TOKEN}`;

const database = new Database(file);
database.pragma("journal_mode = wal");
database.pragma("synchronous = full");
database.exec(`
  create table if not exists resource (
    number integer primary key, id text unique not null, kind text not null,
    name text not null collate nocase, created text not null, modified text not null,
    document text not null, unique (kind, name));
  create index if not exists by_kind on resource (kind, number);
  create table if not exists member (
    team text not null, person text not null, primary key (team, person)) without rowid;
  create index if not exists by_person on member (person, team);
`);
const sql = {
  add: database.prepare("insert into resource values (null, ?, ?, ?, ?, ?, ?)"),
  change: database.prepare(
    "update resource set name = ?, modified = ?, document = ? where kind = ? and id = ?"),
  remove: database.prepare("delete from resource where kind = ? and id = ?"),
  get: database.prepare("select * from resource where kind = ? and id = ?"),
  named: database.prepare("select * from resource where kind = ? and name = ?"),
  all: database.prepare("select * from resource where kind = ? order by number"),
  page: database.prepare(
    "select * from resource where kind = ? order by number limit ? offset ?"),
  count: database.prepare("select count(*) as total from resource where kind = ?"),
  members: database.prepare("select person as value from member where team = ?"),
  teams: database.prepare(
    "select t.id as value, t.name as display from member m join resource t on t.id = m.team"
    + " where m.person = ?"),
  join: database.prepare("insert or ignore into member values (?, ?)"),
  leave: database.prepare("delete from member where team = ? and person = ?"),
};

// A row as the resource that SCIMMY shall send. Members are read where they are asked for.
const shown = {
  User: (row) => ({...read(row), groups: sql.teams.all(row.id)}),
  Group: (row, wanted) => (wanted ? {...read(row), members: sql.members.all(row.id)} : read(row)),
};

function read(row) {
  return {
    ...JSON.parse(row.document),
    id: row.id,
    meta: {created: row.created, lastModified: row.modified},
  };
}

// The list that a request asks for: by an index where it asks for a name, by pages where SQL can.
function found(kind, name, resource) {
  const [[[attribute, [operator, value]] = ["", []], ...others] = [], ...more] =
    (resource.filter ?? []).map(Object.entries);
  const wanted = resource.attributes?.[0]?.members?.[0] !== "np";
  if (attribute.toLowerCase() === name && operator === "eq" && !others.length && !more.length) {
    return sql.named.all(kind, value).map((row) => shown[kind](row, wanted));
  }
  const {startIndex = 1, count = 20} = (resource.constraints ??= {});
  if (!resource.filter && (startIndex === 1 || startIndex > count)) {
    resource.constraints.totalResults = sql.count.get(kind).total;
    return sql.page.all(kind, count, startIndex - 1).map((row) => shown[kind](row, wanted));
  }
  const rows = sql.all.all(kind).map((row) => shown[kind](row, wanted));
  return resource.filter ? resource.filter.match(rows) : rows;
}

// Writes a resource; a group's members are written one by one where they differ.
const write = database.transaction((kind, name, resource, data) => {
  const {members, groups, id: _, meta: __, ...document} = JSON.parse(JSON.stringify(data));
  const now = new Date().toISOString();
  const id = resource.id ?? crypto.randomUUID();
  if (resource.id === undefined) sql.add.run(id, kind, data[name], now, now, JSON.stringify(document));
  else sql.change.run(data[name], now, JSON.stringify(document), kind, id);
  if (kind === "Group") setMembers(id, new Set((members ?? []).map(({value}) => value)));
  return shown[kind](sql.get.get(kind, id), true);
});

function setMembers(team, wanted) {
  const before = new Set(sql.members.all(team).map(({value}) => value));
  for (const person of wanted) if (!before.has(person)) sql.join.run(team, person);
  for (const person of before) if (!wanted.has(person)) sql.leave.run(team, person);
}

function ingress(kind, name) {
  return (resource, data) => {
    try {
      return write(kind, name, resource, data);
    } catch (error) {
      if (error.code !== "SQLITE_CONSTRAINT_UNIQUE") throw error;
      throw new SCIMMY.Types.Error(409, "uniqueness", `${name} is taken`);
    }
  };
}

function egress(kind, name) {
  return (resource) => {
    if (!resource.id) return found(kind, name.toLowerCase(), resource);
    const row = sql.get.get(kind, resource.id);
    if (!row) throw new SCIMMY.Types.Error(404, null, `Resource ${resource.id} not found`);
    return shown[kind](row, true);
  };
}

SCIMMY.Resources.declare(SCIMMY.Resources.User)
  .extend(SCIMMY.Schemas.EnterpriseUser, false)
  .ingress(ingress("User", "userName"))
  .egress(egress("User", "userName"))
  .degress((resource) => sql.remove.run("User", resource.id));
SCIMMY.Resources.declare(SCIMMY.Resources.Group)
  .ingress(ingress("Group", "displayName"))
  .egress(egress("Group", "displayName"))
  .degress((resource) => sql.remove.run("Group", resource.id));

const app = express();
app.use("/scim/v2", new SCIMMYRouters({
  type: "bearer",
  handler: (request) => {
    if (request.header("Authorization") !== accepted) throw new Error("not authorised");
    return "bench";
  },
}));
app.listen(Number(port), "127.0.0.1");
