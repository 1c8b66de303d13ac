// pg reads from PGHOST, PGPORT, PGUSER and PGDATABASE where its database is.
module.exports = { client: 'pg', connection: {} };
